// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/prepared.hpp"

#include "commands/external.hpp"
#include "results/table.hpp"

namespace graft::commands {

// What trials score outside, beside what they score inside.
struct ExternalAnswer {
    results::Table table;  // results/findings/external.hpp
    std::vector<std::string> notes;
    std::vector<std::string> cautions;  // whoever uses the table must know them
};

// What it is made of.
struct Scored {
    const sweep::Record& record;
    const KeptFiles& files;
    const ExternalData& data;
    const data::PreparedTables& images;  // the external ones, at any size
    const std::filesystem::path& folder;
};

// Of the runs in `contexts`, all of which have their file in the folder. Throws InputError for one
// that is damaged.
ExternalAnswer external_answer(const Scored& scored,
                               const std::vector<results::findings::Context>& contexts,
                               const std::vector<results::findings::Metric>& values);

// "all 1,400 images of 'cancer' (0: 700, 1: 700)"
std::string images_text(const ExternalData& data, const data::PreparedTables& images);

// How many of the external images that are scored are copies of training images, by `trained`'s
// tables: equal files, or pictures that look alike (data::kAlike); empty when there are none, or it
// cannot be told.
std::string leak_text(const ExternalData& data, const data::PreparedTables& images,
                      const data::PreparedTables& trained);

}  // namespace graft::commands
