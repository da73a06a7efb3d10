// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include "faults/crash.hpp"
#include "support/catch.hpp"
#include "support/temporary.hpp"

namespace graft::tests {

// A directory whose operations are recorded, and every disk that a power cut may leave of it.
class Cuts {
  public:
    Cuts() : faults_((std::filesystem::create_directory(root()), root())), start_(root()) {}
    std::filesystem::path root() const { return directory_ / "disk"; }
    FaultyFiles& faults() { return faults_; }

    // Calls `check(directory, marks)` for every cut and `choices` choices of each: what the disk
    // may hold, and how many marks were set before the cut.
    template <class Check>
    void each(std::uint64_t choices, Check check) {
        const auto trace = faults_.trace();
        Disk disk = start_;
        std::size_t marks = 0;
        for (std::size_t cut = 0; cut <= trace.size(); ++cut) {
            for (std::uint64_t choice = 0; choice < choices; ++choice) {
                INFO("cut before operation " << cut << ", choice " << choice);
                const auto after = directory_ / "after";
                std::filesystem::remove_all(after);
                disk.write_to(after, choice, cut);
                check(after, marks);
            }
            if (cut < trace.size()) {
                disk.play(trace[cut]);
                marks += trace[cut].kind == Operation::Kind::mark ? 1 : 0;
            }
        }
    }

  private:
    TemporaryDirectory directory_;
    FaultyFiles faults_;
    Disk start_;
};

}  // namespace graft::tests
