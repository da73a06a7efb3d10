// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "sweep/record.hpp"

namespace graft::results::exports {

// One trial as an event file of TensorBoard: scalars of each epoch at its optimizer step
// (train/loss, train/accuracy, validation/loss, .../accuracy, .../auc, .../auc_micro,
// .../auc_macro, .../auc_reestimated, images_per_second), of the test at the best epoch's
// (test/...), and the settings as a text. What is missing is left out. Wall time: from the first
// attempt's start on, by the epochs' own seconds.
//
// Framing: TFRecord, length and data each with a masked CRC-32C (tensorflow/core/lib/io/
// record_writer.h); data: protocol buffers Event and Summary (tensorflow/core/util/event.proto,
// framework/summary.proto), of which a few fields are written here by hand.
std::string event_file(const sweep::Trial& trial);

// The name of its run: what was varied, readable, and the beginning of its id, which makes it
// unique; no character that a file system minds.
std::string run_name(const sweep::Trial& trial);

// CRC-32C, masked as TFRecord has it.
std::uint32_t masked_crc(const std::string& bytes);

}  // namespace graft::results::exports
