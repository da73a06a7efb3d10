// SPDX-License-Identifier: Apache-2.0
// A libnvidia-ml.so.1 with nothing of NVML in it.
int nothing_of_nvml(void) { return 0; }
