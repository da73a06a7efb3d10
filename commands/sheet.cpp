// SPDX-License-Identifier: Apache-2.0
#include "commands/sheet.hpp"

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "core/file.hpp"
#include "core/process.hpp"

#include "commands/progress_line.hpp"

namespace graft::commands {

namespace fs = std::filesystem;

namespace {

void run(const std::string& program, std::vector<std::string> arguments, const fs::path& png) {
    core::Spawn spawn;
    spawn.arguments = {core::find_program(program).string()};
    spawn.arguments.insert(spawn.arguments.end(), arguments.begin(), arguments.end());
    check_ended_well(core::spawn(spawn).wait(),
                     fmt::format("picture '{}' could not be made by {}", png.string(), program));
}

// Removed at the end, whatever it is.
struct Scratch {
    fs::path folder;
    ~Scratch() {
        std::error_code gone;
        fs::remove_all(folder, gone);
    }
};

}  // namespace

void make_sheet(const sweep::PictureRequest& request, const fs::path& png) {
    const Scratch scratch{png.string() + fmt::format(".{}", core::own_pid())};
    core::create_directories(scratch.folder);
    const fs::path question = scratch.folder / "request", tiles = scratch.folder / "tiles.h5";
    core::write_file(question, core::encode(request));
    run("graft-trainer", {"pictures", question.string(), tiles.string()}, png);
    run("graft-prepare", {"--sheet", tiles.string(), "--output", png.string()}, png);
}

}  // namespace graft::commands
