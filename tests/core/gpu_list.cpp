// SPDX-License-Identifier: Apache-2.0
// Prints the devices that core/gpu sees: for nvml_test, which gives it a libnvidia-ml.so.1.
#include <iostream>

#include "core/gpu.hpp"

int main() {
    std::cout << graft::core::devices_table(graft::core::all_gpus());
}
