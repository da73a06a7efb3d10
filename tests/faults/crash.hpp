// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "faults/faulty_files.hpp"

namespace graft::tests {

// What a disk may hold after a power cut, from a recorded trace. Only a sync makes anything
// certain:
// - each 4096-byte page of a file that was written since the file's last sync holds what any one of
//   these writes left there, or what was there before (zeros where nothing was);
// - the file's length is any of those that it had since then;
// - each name that was made, renamed or removed since the directory's last sync is so or is not,
//   each by itself.
// That is more than a real file system does to anybody, and so enough for all of them.
class Disk {
  public:
    // What is below `root` now is on the disk for certain.
    explicit Disk(const std::filesystem::path& root);
    // Plays on. Paths outside the root are not looked at.
    void play(const Operation& operation);
    // Writes what the disk may hold into the empty directory `to`. Choice 0: nothing that was not
    // synced; 1: everything; from 2 on drawn at random, by `choice` and `cut`.
    void write_to(const std::filesystem::path& to, std::uint64_t choice, std::uint64_t cut) const;

  private:
    struct Change {  // of a file: bytes at an offset, or a new length
        std::uint64_t offset = 0;
        std::string data;
        bool length_only = false;
    };
    struct Naming {  // of a directory: a name goes, a name comes, or both at once
        std::string gone, made;
        std::size_t node = 0;
    };
    struct Node {
        bool directory = false;
        std::string content;  // certain
        std::vector<Change> changes;
        std::map<std::string, std::size_t> names;    // as the program sees them
        std::map<std::string, std::size_t> certain;  // on the disk
        std::vector<Naming> namings;
    };
    class Choice;

    std::size_t add(const std::filesystem::path& path, std::map<std::uint64_t, std::size_t>& known);
    Node* find(const std::string& path, std::size_t* number = nullptr);
    void name(const std::string& path, const std::string& gone, std::size_t node);
    void open(const Operation& operation);
    void sync(Node& node);
    void write_node(const Node& node, const std::filesystem::path& to, Choice& choice) const;
    static std::string apply(std::string content, const std::vector<Change>& changes);
    static std::string torn(const Node& node, Choice& choice);

    std::string root_;
    std::vector<Node> nodes_;  // the first is the root
    std::map<std::uint64_t, std::size_t> open_;
};

}  // namespace graft::tests
