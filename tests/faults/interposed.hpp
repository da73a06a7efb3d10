// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "faults/faulty_files.hpp"

namespace graft::tests {

// Between the interposed calls (interposed.cpp) and what they obey (faulty_files.cpp).

bool is_active();
// Absolute and without dots; `directory` as in openat.
std::string absolute(int directory, const char* path);
bool is_watched(const std::string& path);
// Counts an operation; true when it shall fail, with errno set.
bool fails(Operation::Kind kind, const std::string& path);
void record(Operation operation);
// Of a watched descriptor; 0: it is none.
std::uint64_t handle_of(int fd);
std::uint64_t new_handle(int fd);
void forget_handle(int fd);
// How much of a write is to be taken.
std::size_t size_to_write(std::size_t size);

}  // namespace graft::tests
