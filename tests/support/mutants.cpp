// SPDX-License-Identifier: Apache-2.0
#include "support/mutants.hpp"

#include <array>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/error.hpp"
#include "core/file.hpp"
#include "core/process.hpp"

namespace graft::tests {

namespace fs = std::filesystem;

namespace {

constexpr unsigned kSecondsPerRead = 10;

// What the reading child leaves for its parent.
struct Shared {
    int number = 0;  // of the mutant that is being read
    int read = 0, refused = 0;
    bool ended = false;
    std::array<char, 400> problem{};
};

class SharedPage {
  public:
    SharedPage()
        : page_(::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                       -1, 0)) {
        new (page_) Shared();
    }
    SharedPage(const SharedPage&) = delete;
    SharedPage& operator=(const SharedPage&) = delete;
    ~SharedPage() { ::munmap(page_, sizeof(Shared)); }
    Shared& operator*() const { return *static_cast<Shared*>(page_); }

  private:
    void* page_;
};

void limit_memory() {
// The shadow memory of these sanitizers alone takes terabytes.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    constexpr rlim_t bytes = rlim_t{1} << 30;
    const struct rlimit limit { bytes, bytes };
    ::setrlimit(RLIMIT_AS, &limit);
#endif
}

// Empty when the reader did as it should.
std::string problem_of(const fs::path& file, Shared& shared,
                       const std::function<void(const fs::path&)>& read) {
    try {
        read(file);
        ++shared.read;
        return "";
    } catch (const core::InputError& error) {
        ++shared.refused;
        const std::string text = error.what();
        return text.find(file.filename().string()) == std::string::npos
                   ? "a message without the file's name: " + text
                   : "";
    } catch (const std::exception& error) {
        return fmt::format("not an InputError: {}", error.what());
    }
}

// In the child: reads mutants from shared.number on, up to the first problem.
int read_all(const fs::path& file, const std::string& bytes, int end, Shared& shared,
             const std::function<void(const fs::path&)>& read) {
    limit_memory();
    for (; shared.number < end; ++shared.number) {
        std::ofstream(file, std::ios::binary) << mutant_of(bytes, shared.number);
        ::alarm(kSecondsPerRead);
        const auto problem = problem_of(file, shared, read);
        ::alarm(0);
        if (!problem.empty()) {
            std::strncpy(shared.problem.data(), problem.c_str(), shared.problem.size() - 1);
            return 0;
        }
    }
    shared.ended = true;
    return 0;
}

std::uint64_t below(std::mt19937_64& random, std::uint64_t limit) {
    return limit == 0 ? 0 : random() % limit;
}

void overwrite_number(std::string& bytes, std::size_t at, std::mt19937_64& random) {
    constexpr std::array<std::uint64_t, 10> odd{
        0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, UINT64_MAX, UINT64_MAX / 2};
    const std::uint64_t value =
        below(random, 4) == 0 ? bytes.size() + below(random, 16) : odd[below(random, odd.size())];
    const std::size_t width = std::size_t{1} << below(random, 4);
    std::memcpy(bytes.data() + at, &value, std::min(width, bytes.size() - at));
}

void change(std::string& bytes, std::mt19937_64& random) {
    if (bytes.empty()) {
        return;
    }
    const std::size_t at = below(random, bytes.size());
    const std::size_t length = 1 + below(random, 16);
    switch (below(random, 8)) {
        case 0:
        case 1:
        case 2:
            bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(random, 8)));
            break;
        case 3:
        case 4:
            overwrite_number(bytes, at, random);
            break;
        case 5:
            bytes.resize(at);
            break;
        case 6:
            bytes.erase(at, length);
            break;
        default:
            bytes.insert(at, bytes.substr(below(random, bytes.size()), length));
    }
}

}  // namespace

std::string mutant_of(const std::string& bytes, int number) {
    std::mt19937_64 random(static_cast<std::uint64_t>(number));
    std::string mutant = bytes;
    for (auto changes = 1 + below(random, 3); changes > 0; --changes) {
        change(mutant, random);
    }
    return mutant;
}

std::string MutantsReport::text() const {
    return fmt::format("{} read, {} refused\n{}", read, refused, fmt::join(problems, "\n"));
}

MutantsReport try_mutants(const fs::path& path, int count,
                          const std::function<void(const fs::path&)>& read) {
    if (const char* more = std::getenv("GRAFT_MUTANTS")) {
        count = std::atoi(more);
    }
    const std::string bytes = core::read_file(path);
    const fs::path file = path.parent_path() / ("mutant" + path.extension().string());
    const SharedPage page;
    Shared& shared = *page;
    MutantsReport report;
    while (!shared.ended) {
        shared.problem.fill('\0');
        core::Child child =
            core::fork_child([&] { return read_all(file, bytes, count, shared, read); });
        const auto status = child.wait();
        const std::string problem =
            shared.problem[0] != '\0' ? shared.problem.data() : core::text_of(status);
        if (!shared.ended) {
            report.problems.push_back(fmt::format("mutant {}: {}", shared.number++, problem));
        }
    }
    report.read = shared.read;
    report.refused = shared.refused;
    return report;
}

}  // namespace graft::tests
