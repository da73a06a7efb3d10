// SPDX-License-Identifier: Apache-2.0
#include "results/store.hpp"

#include <cmath>

#include "support/record_builder.hpp"
#include "tool/commands.hpp"

namespace graft::oracle {

// A finished, a diverged, a failed and a waiting trial; the Python test knows these numbers.
void write_example_store(const Arguments& arguments) {
    tests::RecordBuilder builder;
    const auto failed = builder.plan(tests::planned());
    const auto finished = builder.plan(tests::planned("mobilenet", "retina", "imagenet", 2, 50));
    const auto diverged = builder.plan(tests::planned("mobilenet", "retina", "random", 3));
    builder.plan(tests::planned("mobilenet", "rétine", "random", 4));
    builder.dataset("retina");
    builder.finish(finished, 0.9, 0.85);
    builder.diverge(diverged, NAN);
    builder.fail(failed, "three crashes in a row (SIGSEGV)");
    results::write_store(builder.record(), {3, 4096}, arguments[0]);
}

}  // namespace graft::oracle
