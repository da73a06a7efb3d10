// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace graft::slurm {

// SLURM's times: "90" (minutes), "90:00" (minutes:seconds), "24:00:00", "1-12" (days-hours),
// "1-12:30", "1-12:30:00". Seconds; nothing for another form. Fields may be as large as they like,
// as SLURM has it: "90:00" is an hour and a half.
std::optional<std::int64_t> parse_duration(const std::string& text);
// "1-12:30:00", "00:30:00"; not for a negative one.
std::string duration_text(std::int64_t seconds);

}  // namespace graft::slurm
