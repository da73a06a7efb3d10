// SPDX-License-Identifier: Apache-2.0
#include "scheduler/formation.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>
#include <queue>
#include <tuple>

namespace graft::scheduler {

namespace {

constexpr double kNearlyAsEarly = 1.02;

// Multiply-adds of the members from `first` to any `last`, one after the other.
class Lengths {
  public:
    explicit Lengths(const CohortShape& shape) : shape_(shape), sums_{0} {
        for (const double frozen : shape.frozen) {
            sums_.push_back(sums_.back() + frozen);
        }
    }
    double of(std::size_t first, std::size_t last) const {
        return cohort_multiply_adds(shape_.ahead, shape_.whole, shape_.frozen[last - 1],
                                    sums_[last] - sums_[first], last - first);
    }

  private:
    const CohortShape& shape_;
    std::vector<double> sums_;
};

// The longest part's length and where it begins, for every count of parts and of members.
struct Cell {
    double longest = std::numeric_limits<double>::infinity();
    std::size_t first = 0;
};
using Table = std::vector<std::vector<Cell>>;

Table shortest_divisions(const CohortShape& shape, std::size_t parts, std::size_t most) {
    const std::size_t count = shape.frozen.size();
    const Lengths lengths(shape);
    Table table(parts + 1, std::vector<Cell>(count + 1));
    table[0][0].longest = 0;
    for (std::size_t part = 1; part <= parts; ++part) {
        for (std::size_t last = part; last <= count; ++last) {
            for (std::size_t first = last > most ? last - most : 0; first < last; ++first) {
                const double longest =
                    std::max(table[part - 1][first].longest, lengths.of(first, last));
                if (longest < table[part][last].longest) {
                    table[part][last] = {longest, first};
                }
            }
        }
    }
    return table;
}

std::vector<Part> read(const Table& table, std::size_t parts, std::size_t count) {
    if (parts >= table.size() ||
        table[parts][count].longest == std::numeric_limits<double>::infinity()) {
        return {};
    }
    std::vector<Part> found(parts);
    for (std::size_t last = count; parts > 0; --parts) {
        const std::size_t first = table[parts][last].first;
        for (std::size_t member = first; member < last; ++member) {
            found[parts - 1].push_back(member);
        }
        last = first;
    }
    return found;
}

double length_of(const CohortShape& shape, const Part& part) {
    return cohort_multiply_adds(shape_of(shape, part));
}

double sum_of(const CohortShape& shape, const std::vector<Part>& parts) {
    double sum = 0;
    for (const auto& part : parts) {
        sum += length_of(shape, part);
    }
    return sum;
}

struct Choice {
    std::vector<Part> parts;
    double end = 0, work = 0;
};

std::vector<Choice> choices_of(const CohortShape& shape, const Around& around) {
    const std::size_t count = shape.frozen.size();
    const std::size_t most = std::max<std::size_t>(1, around.most);
    const auto table = shortest_divisions(shape, count, most);
    std::vector<Choice> choices;
    for (std::size_t parts = 1; parts <= count; ++parts) {
        for (auto& choice : {read(table, parts, count), dealt(shape, parts, most)}) {
            if (!choice.empty()) {
                choices.push_back({choice, end_of(shape, choice, around), sum_of(shape, choice)});
            }
        }
    }
    return choices;
}

}  // namespace

CohortShape shape_of(const CohortShape& shape, const Part& part) {
    CohortShape its{shape.ahead, shape.whole, {}};
    for (const auto member : part) {
        its.frozen.push_back(shape.frozen[member]);
    }
    return its;
}

std::vector<Part> divided_by_cut(const CohortShape& shape, std::size_t parts, std::size_t most) {
    return read(shortest_divisions(shape, parts, most), parts, shape.frozen.size());
}

std::vector<Part> dealt(const CohortShape& shape, std::size_t parts, std::size_t most) {
    const std::size_t count = shape.frozen.size();
    if (parts == 0 || parts > count || parts * most < count) {
        return {};
    }
    struct Heap {
        Part members;
        double frozen = 0;
    };
    std::vector<Heap> heaps(parts);
    for (std::size_t member = 0; member < count; ++member) {
        // The member is cut deeper than all before it.
        const double cut = shape.frozen[member];
        const auto with_it = [&](const Heap& heap) {
            return heap.members.size() >= most
                       ? std::numeric_limits<double>::infinity()
                       : cohort_multiply_adds(shape.ahead, shape.whole, cut, heap.frozen + cut,
                                              heap.members.size() + 1);
        };
        auto& least = *std::min_element(
            heaps.begin(), heaps.end(),
            [&](const Heap& a, const Heap& b) { return with_it(a) < with_it(b); });
        least.members.push_back(member);
        least.frozen += cut;
    }
    std::vector<Part> found;
    for (auto& heap : heaps) {
        if (heap.members.empty()) {
            return {};
        }
        found.push_back(std::move(heap.members));
    }
    return found;
}

double end_of(const CohortShape& shape, const std::vector<Part>& parts, const Around& around) {
    std::vector<double> lengths;
    for (const auto& part : parts) {
        lengths.push_back(length_of(shape, part));
    }
    std::sort(lengths.begin(), lengths.end(), std::greater<>());
    std::priority_queue<double, std::vector<double>, std::greater<>> free(std::greater<>(),
                                                                          around.free);
    double all = around.work, last = around.last_free;
    for (const double length : lengths) {
        const double end = free.top() + length;
        free.pop();
        free.push(end);
        last = std::max(last, end);
        all += length;
    }
    return std::max(all / std::max(1.0, around.slots), last);
}

std::vector<Part> best_parts(const CohortShape& shape, const Around& around) {
    const std::size_t count = shape.frozen.size();
    if (count == 0) {
        return {};
    }
    const double length = cohort_multiply_adds(shape);
    if (count <= around.most &&
        (around.free.front() + length) * around.slots <= around.work + length) {
        Part whole(count);
        std::iota(whole.begin(), whole.end(), std::size_t{0});
        return {whole};  // nothing ends earlier than work that is shared evenly
    }
    const auto choices = choices_of(shape, around);
    const double earliest = std::min_element(choices.begin(), choices.end(), [](auto& a, auto& b) {
                                return a.end < b.end;
                            })->end;
    const auto better = [&](const Choice& a, const Choice& b) {
        const auto rank = [&](const Choice& choice) {
            return std::tuple(choice.end > kNearlyAsEarly * earliest, choice.parts.size(),
                              choice.work);
        };
        return rank(a) < rank(b);
    };
    return std::min_element(choices.begin(), choices.end(), better)->parts;
}

Part next_part(const CohortShape& shape, const Around& around) {
    const auto parts = best_parts(shape, around);
    const auto& part = *std::max_element(
        parts.begin(), parts.end(),
        [&](const Part& a, const Part& b) { return length_of(shape, a) < length_of(shape, b); });
    return part.size() > 1 && gain_of(shape_of(shape, part)) < kLeastGain ? Part{part.front()}
                                                                          : part;
}

}  // namespace graft::scheduler
