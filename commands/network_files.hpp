// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "sweep/sweep_file.hpp"

namespace graft::commands {

// Reads the networks that the grid names by files (network = "vgg16.json") into file.networks, and
// names them in the grid as they are called from then on: by the file's name without ".json". The
// sweep file then says all about them and needs their files no more. Throws InputError for what
// cannot be read or trained, and for two networks of one name.
void read_network_files(sweep::SweepFile& file);

// Of each network from a file its name in trials (sweep/network_name.hpp).
std::map<std::string, std::string> names_in_trials(const sweep::SweepFile& file);

// The definition of a trial's network, for models::build_network(); empty for a built-in one.
std::string network_json(const sweep::SweepFile& file, const std::string& network);

}  // namespace graft::commands
