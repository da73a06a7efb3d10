// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace graft::commands {

// The program that a job of the sweep is to start, hours or days from now: this one where it is
// installed; where it lies in a build folder, a copy of it, <sweep>/program/<version and hash of
// its files>/bin/graft, as installed, which a rebuild does not touch. `make`: the copy is made when
// it is not there yet, whole or not at all. Throws InputError when a part of the program is
// missing.
enum class ProgramCopy { look, make };
std::filesystem::path program_for_jobs(const std::filesystem::path& sweep, ProgramCopy copy);

}  // namespace graft::commands
