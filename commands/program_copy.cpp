// SPDX-License-Identifier: Apache-2.0
#include "commands/program_copy.hpp"

#include <map>

#include "core/build_info.hpp"
#include "core/error.hpp"
#include "core/file.hpp"
#include "core/hash.hpp"
#include "core/mpi/communicator.hpp"
#include "core/process.hpp"

#include "data/codecs.hpp"

namespace graft::commands {

namespace fs = std::filesystem;

namespace {

bool is_there(const fs::path& path) {
    std::error_code error;
    return fs::exists(path, error);
}

// A build that was stopped half-way leaves two programs that refuse to talk: said now, and not by a
// job that has waited for a day.
fs::path trainer_of_this_build() {
    auto path = core::find_program("graft-trainer");
    if (core::read_file(path).find(core::build_id()) == std::string::npos) {
        core::fail_input("'{}' is of another build than graft ('{}'). Build or install both anew.",
                         path.string(), core::build_id());
    }
    return path;
}

// Where each file of the program lies -> where it goes under the copy's prefix.
std::map<fs::path, fs::path> files_of_program() {
    std::map<fs::path, fs::path> files;
    files[core::own_executable()] = "bin/graft";
    files[trainer_of_this_build()] = "bin/graft-trainer";
    files[mpi::module_file()] = mpi::installed_module("");
    // A build may have none: its datasets are prepared elsewhere.
    const auto prepare = core::own_executable().parent_path() / "graft-prepare";
    if (is_there(prepare)) {
        files[prepare] = "bin/graft-prepare";
        files[data::codecs_file()] = data::installed_codecs("");
    }
    return files;
}

// By content, not by build id, which a build that configures nothing anew does not change.
std::string name_of(const std::map<fs::path, fs::path>& files) {
    constexpr std::size_t digits = 12;
    std::string hashes;
    for (const auto& [from, to] : files) {
        hashes += to.string() + " " + core::file_hash(from) + "\n";
    }
    return fmt::format("{}-{}-{}", core::version(), core::source_commit(),
                       core::content_hash(hashes).substr(0, digits));
}

void copy_files(const std::map<fs::path, fs::path>& files, const fs::path& prefix) {
    for (const auto& [from, to] : files) {
        const fs::path target = prefix / to;
        core::create_directories(target.parent_path());
        std::error_code error;
        fs::copy_file(from, target, error);
        if (error) {
            core::fail_file("copy the program to", target, error.value());
        }
        core::sync_file(target);
        core::sync_directory(target.parent_path());
    }
}

// Under another name until it is whole; another start may make the same at the same time.
void make_copy(const std::map<fs::path, fs::path>& files, const fs::path& prefix) {
    const fs::path aside =
        prefix.string() + fmt::format(".{}.{}.tmp", core::host_name(), core::own_pid());
    try {
        core::remove_tree(aside);
        copy_files(files, aside);
        core::publish_file(aside, prefix);
    } catch (const core::Error&) {
        std::error_code left;  // it would hold the space that is missing
        fs::remove_all(aside, left);
        if (!is_there(prefix)) {
            throw;
        }
    }
}

}  // namespace

fs::path program_for_jobs(const fs::path& sweep, ProgramCopy copy) {
    const fs::path own = core::own_executable();
    const fs::path module = mpi::module_file().lexically_normal();
    if (module != own.parent_path() / "graft-mpi.so") {
        trainer_of_this_build();
        return own;
    }
    const auto files = files_of_program();
    const fs::path prefix = sweep / "program" / name_of(files);
    if (copy == ProgramCopy::make && !is_there(prefix)) {
        make_copy(files, prefix);
    }
    return prefix / "bin" / "graft";
}

}  // namespace graft::commands
