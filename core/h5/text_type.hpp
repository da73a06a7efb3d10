// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "core/h5/handle.hpp"

namespace graft::core::h5 {

// Texts as HDF5 stores them in graft's and Keras' files: null-padded, all of one width.
struct FixedTexts {
    explicit FixedTexts(const std::vector<std::string>& texts);
    std::size_t width = 1;
    std::string bytes;
};

Handle fixed_text_type(std::size_t width, H5T_cset_t set);

// Reads `count` texts of the stored `type` (fixed or variable length) by `read(memory type, into)`.
// The caller has made sure that the file can hold so many.
template <class Read>
std::vector<std::string> decode_texts(hid_t type, std::size_t count, const std::string& what,
                                      Read read) {
    if (H5Tget_class(type) != H5T_STRING) {
        throw Refused(
            fmt::format("cannot read {} as text (it holds something else). Check the file.", what));
    }
    std::vector<std::string> texts;
    if (count == 0) {
        return texts;
    }
    if (checked(H5Tis_variable_str(type), "read the type of " + what) > 0) {
        std::vector<char*> pointers(count, nullptr);
        const Handle memory(checked(H5Tcopy(H5T_C_S1), "copy a type"));
        checked(H5Tset_size(memory.get(), H5T_VARIABLE), "set a size");
        checked(H5Tset_cset(memory.get(), H5Tget_cset(type)), "set a character set");
        checked(read(memory.get(), pointers.data()), "read " + what);
        for (char* pointer : pointers) {
            texts.emplace_back(pointer ? pointer : "");
            H5free_memory(pointer);
        }
        return texts;
    }
    const std::size_t width = H5Tget_size(type);
    std::string bytes(width * count, '\0');
    checked(read(type, bytes.data()), "read " + what);
    for (std::size_t i = 0; i < count; ++i) {
        const std::string text = bytes.substr(i * width, width);
        texts.push_back(text.substr(0, std::min(text.find('\0'), text.size())));
    }
    return texts;
}

}  // namespace graft::core::h5
