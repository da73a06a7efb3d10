// SPDX-License-Identifier: Apache-2.0
#include "sweep/network_name.hpp"

namespace graft::sweep {

std::string network_label(std::string_view network) {
    return std::string(network.substr(0, network.find('@')));
}

std::string_view network_content(std::string_view network, InputRange range) {
    const auto content = network.find('@');
    if (content == std::string_view::npos) {
        return network;
    }
    const std::string_view both = network.substr(content);
    return range == InputRange::keras ? both : both.substr(0, both.find(':'));
}

bool is_network_file(std::string_view network) {
    return network.ends_with(".json");
}

}  // namespace graft::sweep
