// SPDX-License-Identifier: Apache-2.0
#include "results/store.hpp"

#include <cstring>

#include <unistd.h>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/file.hpp"
#include "core/h5/file.hpp"
#include "core/h5/rehearsal.hpp"

#include "results/comparison.hpp"
#include "results/row_cache.hpp"
#include "results/store_table.hpp"
#include "results/tables.hpp"

namespace graft::results {

namespace {

namespace fs = std::filesystem;
namespace h5 = core::h5;

void write_file(const sweep::Record& record, sweep::JournalEnd end, const fs::path& path) {
    auto file = h5::File::create(path);
    file.write_attribute("/", "format", kStoreFormat);
    file.write_attribute("/", "sweep", record.sweep_name());
    file.write_attribute("/", "segment", end.segment);
    file.write_attribute("/", "offset", static_cast<std::int64_t>(end.bytes));
    file.write_attribute("/", "graft_version", std::string(GRAFT_VERSION));
    for (const auto make : kTableMakers) {
        write_table(file, make(record));
    }
    file.write_texts("/sweep_file", {record.sweep_file()});
    file.close();
}

// Files that publishers of earlier starts left behind when they were killed. Those of this start
// may still be written to.
void remove_leftovers(const fs::path& path, std::int64_t segment) {
    const std::string start = path.filename().string() + ".";
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(path.parent_path(), ignored)) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with(start) || !name.ends_with(".tmp")) {
            continue;
        }
        if (std::atoll(name.c_str() + start.size()) < segment) {
            core::remove_file(entry.path());
        }
    }
}

Column column_of(const h5::Column& stored, std::size_t row_bytes, const std::string& rows) {
    const std::size_t count = rows.size() / row_bytes;
    const auto numbers = [&](auto cells) {
        cells.resize(count);
        for (std::size_t row = 0; row < count; ++row) {
            std::memcpy(&cells[row], rows.data() + row * row_bytes + stored.offset, 8);
        }
        return Column{stored.name, std::move(cells)};
    };
    if (stored.text_size == 0) {
        if (stored.type != h5::Type::i64 && stored.type != h5::Type::f64) {
            throw h5::Refused(
                fmt::format("column '{}' is of a type that no store has", stored.name));
        }
        return stored.type == h5::Type::i64 ? numbers(Integers{}) : numbers(Numbers{});
    }
    Texts texts;
    texts.reserve(count);
    for (std::size_t row = 0; row < count; ++row) {
        const char* text = rows.data() + row * row_bytes + stored.offset;
        texts.add(std::string_view(text, ::strnlen(text, stored.text_size)));
    }
    return {stored.name, std::move(texts)};
}

Table read_once(const fs::path& path, const std::string& name) {
    const auto file = h5::File::open(path);
    const std::int64_t format =
        file.has_attribute("/", "format") ? file.int_attribute("/", "format") : 0;
    if (format != kStoreFormat) {
        core::fail_input(
            "cannot read '{}' (store format {}; this graft knows {}). Use the graft "
            "that wrote it, or run `graft publish` on its sweep.",
            path.string(), format, kStoreFormat);
    }
    std::size_t row_bytes = 0;
    const auto columns = file.table_columns("/" + name, row_bytes);
    const std::string rows = file.read_table("/" + name, columns, row_bytes);
    Table table{name, {}};
    for (const auto& column : columns) {
        table.columns.push_back(column_of(column, row_bytes, rows));
    }
    return table;
}

}  // namespace

fs::path store_path(const fs::path& sweep) {
    return sweep / "results.h5";
}

void write_store(const sweep::Record& record, sweep::JournalEnd end, const fs::path& path) {
    remove_leftovers(path, end.segment);
    core::Aside aside(path, path.string() + fmt::format(".{:06}.{}.tmp", end.segment, ::getpid()));
    write_file(record, end, aside.path());
    const auto present = covered(path);
    if (present &&
        std::pair(present->segment, present->bytes) > std::pair(end.segment, end.bytes)) {
        return;
    }
    const fs::path previous = path.parent_path() / "results.previous.h5";
    std::error_code ignored;  // no store yet, or a file system without hard links
    core::remove_file(previous);
    fs::create_hard_link(path, previous, ignored);
    aside.publish();
}

void publish(const fs::path& sweep) {
    sweep::JournalEnd end;
    do {
        sweep::Record record;
        end = sweep::read_journal(sweep, [&](const sweep::Event& event) { record.apply(event); });
        if (end.segment == 0) {
            core::fail_input(
                "nothing to publish in '{}' (it has no journal). Name the directory of a "
                "sweep that was started with `graft run`.",
                sweep.string());
        }
        try {
            write_store(record, end, store_path(sweep));
            write_row_cache(record, end, sweep);
        } catch (const core::InputError&) {
            // A later start takes what an earlier one wrote aside for litter.
            if (sweep::highest_segment(sweep) <= end.segment) {
                throw;
            }
        }
        // Held up before its rename, this one may have replaced the store of a later start.
    } while (sweep::highest_segment(sweep) > end.segment);
}

std::optional<std::string> difference_of_store(const sweep::Record& record, sweep::JournalEnd end,
                                               const fs::path& path) {
    const auto there = covered(path);
    if (there && (there->segment != end.segment || there->bytes != end.bytes)) {
        return "it does not cover the whole journal";
    }
    for (const auto make : kTableMakers) {
        const Table wanted = make(record);
        const Table found = read_table(path, wanted.name);
        if (const auto shape = shape_difference(wanted, found)) {
            return fmt::format("table /{}: {}", wanted.name, *shape);
        }
        const auto cells = differences(wanted, found, 1);
        if (!cells.empty()) {
            const auto& cell = cells.front();
            return fmt::format("table /{}, row {}, {}: '{}' instead of '{}'", wanted.name, cell.row,
                               cell.column, text_of(cell.right), text_of(cell.left));
        }
    }
    const auto file = h5::File::open(path);
    return file.read_texts("/sweep_file") == std::vector{record.sweep_file()}
               ? std::nullopt
               : std::optional<std::string>("it holds another sweep file");
}

std::optional<sweep::JournalEnd> covered(const fs::path& path) {
    try {
        const auto file = h5::File::open(path);
        return sweep::JournalEnd{file.int_attribute("/", "segment"),
                                 static_cast<std::uint64_t>(file.int_attribute("/", "offset"))};
    } catch (const core::Error&) {
        return std::nullopt;
    }
}

Table read_table(const fs::path& path, const std::string& name) {
    for (int tries_left = 3;; --tries_left) {
        try {
            // Whoever asks has no other threads, and HDF5 crashes on some damaged files.
            h5::rehearse([&] { read_once(path, name); });
            return read_once(path, name);
        } catch (const h5::Refused& error) {
            core::fail_input(
                "store '{}' is damaged ({}). It is made from the journal: type graft publish {}",
                path.string(), error.what(), path.parent_path().string());
        } catch (const core::SystemError&) {
            if (tries_left == 0) {
                throw;
            }
            core::sleep_for(core::Seconds(0.2));
        }
    }
}

}  // namespace graft::results
