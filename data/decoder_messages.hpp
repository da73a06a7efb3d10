// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/file.hpp"

namespace graft::data {

// What libjpeg, libpng and libtiff print on standard error while they decode: the only place where
// they say that picture data is damaged and was made up. For decoding processes only: their
// standard error goes into memory from the construction on.
class DecoderMessages {
  public:
    DecoderMessages();
    // What was printed since the last call.
    std::string take();

  private:
    core::Descriptor memory_;
};

// The first printed line that says that picture data is missing or damaged; empty when there is
// none. Complaints about colour profiles, stray bytes before a marker and the like are harmless.
std::string damage_in(const std::string& messages);

}  // namespace graft::data
