// SPDX-License-Identifier: Apache-2.0
#include "faults/crash.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include <sys/stat.h>

#include "core/random.hpp"

namespace graft::tests {

namespace fs = std::filesystem;
using Kind = Operation::Kind;

// Draws; the first two choices are the ends of what may be.
class Disk::Choice {
  public:
    Choice(std::uint64_t choice, std::uint64_t cut)
        : choice_(choice), stream_("power cut", choice, cut) {}
    // How many of `n` changes, in their order, are on the disk.
    std::size_t of(std::size_t n) {
        return choice_ == 0 ? 0 : choice_ == 1 ? n : static_cast<std::size_t>(stream_.below(n + 1));
    }

  private:
    std::uint64_t choice_;
    core::RandomStream stream_;
};

Disk::Disk(const fs::path& root) : root_(fs::absolute(root).lexically_normal().string()) {
    std::map<std::uint64_t, std::size_t> known;
    add(root, known);
}

// Files with two names are one node.
std::size_t Disk::add(const fs::path& path, std::map<std::uint64_t, std::size_t>& known) {
    struct stat info {};
    ::stat(path.c_str(), &info);
    const auto [place, is_new] = known.try_emplace(info.st_ino, nodes_.size());
    const std::size_t number = place->second;
    if (!is_new) {
        return number;
    }
    nodes_.emplace_back();
    nodes_[number].directory = fs::is_directory(path);
    if (!nodes_[number].directory) {
        std::ifstream file(path, std::ios::binary);
        nodes_[number].content.assign(std::istreambuf_iterator<char>(file), {});
        return number;
    }
    for (const auto& entry : fs::directory_iterator(path)) {
        const std::size_t below = add(entry.path(), known);
        nodes_[number].names[entry.path().filename().string()] = below;
    }
    nodes_[number].certain = nodes_[number].names;
    return number;
}

Disk::Node* Disk::find(const std::string& path, std::size_t* number) {
    std::size_t at = 0;
    const fs::path below = fs::path(path).lexically_relative(root_);
    for (const auto& part : below) {
        if (part == "..") {
            return nullptr;
        }
        if (part == ".") {
            continue;
        }
        const auto found = nodes_[at].names.find(part.string());
        if (found == nodes_[at].names.end()) {
            return nullptr;
        }
        at = found->second;
    }
    if (number) {
        *number = at;
    }
    return &nodes_[at];
}

// In the directory of `path`: `gone` goes, and `path` names `node`; either may be empty.
void Disk::name(const std::string& path, const std::string& gone, std::size_t node) {
    const std::string any = path.empty() ? gone : path;
    Node* directory = find(fs::path(any).parent_path().string());
    if (!directory) {
        return;
    }
    Naming naming{fs::path(gone).filename().string(), fs::path(path).filename().string(), node};
    directory->names.erase(naming.gone);
    if (!naming.made.empty()) {
        directory->names[naming.made] = node;
    }
    directory->namings.push_back(std::move(naming));
}

void Disk::open(const Operation& operation) {
    std::size_t number = 0;
    if (!find(operation.path, &number)) {
        number = nodes_.size();
        nodes_.emplace_back();
        name(operation.path, "", number);
    } else if (operation.empties) {
        nodes_[number].changes.push_back({0, "", true});
    }
    open_[operation.handle] = number;
}

std::string Disk::apply(std::string content, const std::vector<Change>& changes) {
    for (const auto& change : changes) {
        if (change.length_only) {
            content.resize(change.offset);
            continue;
        }
        content.resize(std::max<std::size_t>(content.size(), change.offset + change.data.size()));
        content.replace(change.offset, change.data.size(), change.data);
    }
    return content;
}

void Disk::sync(Node& node) {
    node.content = apply(std::move(node.content), node.changes);
    node.changes.clear();
    node.certain = node.names;
    node.namings.clear();
}

void Disk::play(const Operation& operation) {
    std::size_t number = 0;
    switch (operation.kind) {
        case Kind::open:
            open(operation);
            break;
        case Kind::write:
            nodes_[open_.at(operation.handle)].changes.push_back(
                {operation.offset, operation.data, false});
            break;
        case Kind::truncate:
            nodes_[open_.at(operation.handle)].changes.push_back({operation.offset, "", true});
            break;
        case Kind::sync:
            sync(nodes_[open_.at(operation.handle)]);
            break;
        case Kind::rename:
            if (find(operation.path, &number)) {
                name(operation.to, operation.path, number);
            }
            break;
        case Kind::link:
            if (find(operation.path, &number)) {
                name(operation.to, "", number);
            }
            break;
        case Kind::unlink:
            name("", operation.path, 0);
            break;
        case Kind::make_directory:
            number = nodes_.size();
            nodes_.emplace_back().directory = true;
            name(operation.path, "", number);
            break;
        case Kind::close:
        case Kind::mark:
            break;
    }
}

// The file as it was after any number of its changes, each page and the length by itself.
std::string Disk::torn(const Node& node, Choice& choice) {
    std::vector<std::string> versions{node.content};
    for (const auto& change : node.changes) {
        versions.push_back(apply(versions.back(), {change}));
    }
    std::string result(versions[choice.of(node.changes.size())].size(), '\0');
    constexpr std::size_t page = 4096;
    for (std::size_t at = 0; at < result.size(); at += page) {
        const std::string& from = versions[choice.of(node.changes.size())];
        if (at < from.size()) {
            const std::string piece = from.substr(at, std::min(page, result.size() - at));
            result.replace(at, piece.size(), piece);
        }
    }
    return result;
}

void Disk::write_node(const Node& node, const fs::path& to, Choice& choice) const {
    if (!node.directory) {
        std::ofstream(to, std::ios::binary) << torn(node, choice);
        return;
    }
    fs::create_directories(to);
    auto names = node.certain;
    for (const auto& naming : node.namings) {
        if (choice.of(1) == 0) {
            continue;
        }
        names.erase(naming.gone);
        if (!naming.made.empty()) {
            names[naming.made] = naming.node;
        }
    }
    for (const auto& [name, number] : names) {
        write_node(nodes_[number], to / name, choice);
    }
}

void Disk::write_to(const fs::path& to, std::uint64_t choice, std::uint64_t cut) const {
    Choice drawn(choice, cut);
    write_node(nodes_.front(), to, drawn);
}

}  // namespace graft::tests
