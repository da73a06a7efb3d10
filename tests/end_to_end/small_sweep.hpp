// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fstream>
#include <string>

#include "support/pictures.hpp"
#include "support/program.hpp"
#include "support/temporary.hpp"

namespace graft::tests {

// A directory with pictures of two classes and a sweep file over them.
class SmallSweep {
  public:
    explicit SmallSweep(const std::string& grid = kGrid, const std::string& training = kTraining) {
        write_class_folders(directory_ / "images", 20);
        write("[training]\n" + training + "[run]\nthreads = 1\nslots = 2\n" +
              "[datasets.drawn]\npath = \"images\"\n" + grid);
    }
    void write(const std::string& text) { std::ofstream(file()) << text; }
    std::filesystem::path directory() const { return directory_.path(); }
    std::string file() const { return (directory_ / "s.toml").string(); }
    // The sweep's own directory.
    std::string sweep() const { return (directory_ / "s").string(); }

    static constexpr const char* kTraining =
        "image_size = 16\nepochs = 2\nwarmup_epochs = 1\nlearning_rate = 1e-3\nbatch_size = 8\n";
    static constexpr const char* kGrid =
        "[[grid]]\nnetwork = \"small_cnn\"\ndataset = \"drawn\"\ninit = \"random\"\n"
        "freeze = [0, 50]\nseed = [1, 2]\n";

  private:
    TemporaryDirectory directory_;
};

}  // namespace graft::tests
