// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace graft::tests {

// Hostile files for readers that stand on a C library, where a fuzzer does not fit: a small valid
// file with a few bytes changed. Mutant `number` is the same everywhere and always.
//
// Every mutant is written beside `path` (same extension) and read in a child process, in which a
// crash, a hang over 10 s and memory beyond 1 GiB end the read. The reader must return, or throw
// core::InputError naming the file: all else is a problem. So is an exception of its own.
struct MutantsReport {
    int read = 0;     // as if nothing had happened
    int refused = 0;  // with InputError
    std::vector<std::string> problems;
    std::string text() const;
};

// GRAFT_MUTANTS in the environment is another number of them, for a long run.
MutantsReport try_mutants(const std::filesystem::path& path, int count,
                          const std::function<void(const std::filesystem::path&)>& read);

// Bits flipped, numbers of 1 to 8 bytes overwritten by zero, one, all ones and the like, bytes cut
// off, taken out, doubled or inserted.
std::string mutant_of(const std::string& bytes, int number);

}  // namespace graft::tests
