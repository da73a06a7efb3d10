// SPDX-License-Identifier: Apache-2.0
#include "core/h5/text_type.hpp"

namespace graft::core::h5 {

FixedTexts::FixedTexts(const std::vector<std::string>& texts) {
    for (const auto& text : texts) {
        width = std::max(width, text.size());
    }
    bytes.assign(width * texts.size(), '\0');
    for (std::size_t i = 0; i < texts.size(); ++i) {
        texts[i].copy(bytes.data() + i * width, width);
    }
}

Handle fixed_text_type(std::size_t width, H5T_cset_t set) {
    Handle type(checked(H5Tcopy(H5T_C_S1), "copy a type"));
    checked(H5Tset_size(type.get(), width), "set a size");
    checked(H5Tset_strpad(type.get(), H5T_STR_NULLPAD), "set a padding");
    checked(H5Tset_cset(type.get(), set), "set a character set");
    return type;
}

}  // namespace graft::core::h5
