// SPDX-License-Identifier: Apache-2.0
#include "sweep/dataset_row.hpp"

namespace graft::sweep {

const DatasetReady* dataset_row(const Record& record, const std::string& name,
                                const std::string& fingerprint, std::int32_t size) {
    for (const auto& row : record.datasets()) {
        if (row.dataset == name && row.fingerprint == fingerprint && row.size == size) {
            return &row;
        }
    }
    return nullptr;
}

const DatasetReady* dataset_row(const Record& record, const Trial& trial) {
    const auto& fingerprint = trial.spec->dataset_fingerprint;
    const auto size = trial.work.image_size;
    const auto* own = dataset_row(record, trial.spec->dataset, fingerprint, size);
    return own ? own : record.dataset(fingerprint, size);
}

}  // namespace graft::sweep
