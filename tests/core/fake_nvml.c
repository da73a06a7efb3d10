// SPDX-License-Identifier: Apache-2.0
// A libnvidia-ml.so.1 of a node with five GPUs: a V100 with everything in order; one that has
// fallen off the bus; an A100 in MIG mode with two MIG devices, in the places 0 and 2; a V100 with
// uncorrectable memory errors; an exclusive H100 whose rows could not be remapped. With OLD_DRIVER
// it has no function of after 2013.
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { OK = 0, NOT_SUPPORTED = 3, NOT_FOUND = 6, LOST = 15 };
enum { GPUS = 5, PARTS = 3, LOST_ONE = 1, MIG_ONE = 2, BROKEN_ONE = 3, EXCLUSIVE_ONE = 4 };

// A handle is the address of one of these; the MIG devices come after the GPUs.
static char handles[GPUS + PARTS];
static int begun;

static int number_of(void* device) { return (int)((char*)device - handles); }
static int gpu_of(void* device) {
    return number_of(device) < GPUS ? number_of(device) : MIG_ONE;
}
static int put(char* text, unsigned size, const char* format, int number) {
    snprintf(text, size, format, number);
    return OK;
}

int nvmlInit_v2(void) {
    begun = 1;
    return OK;
}
int nvmlShutdown(void) {
    begun = 0;
    return OK;
}
int nvmlDeviceGetCount_v2(unsigned* count) {
    *count = begun ? GPUS : 0;
    return OK;
}
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** device) {
    *device = &handles[index];
    return index == LOST_ONE ? LOST : OK;
}
int nvmlDeviceGetUUID(void* device, char* text, unsigned size) {
    return number_of(device) < GPUS ? put(text, size, "GPU-%d", number_of(device))
                                    : put(text, size, "MIG-%d", number_of(device) - GPUS);
}
int nvmlDeviceGetName(void* device, char* text, unsigned size) {
    const int gpu = gpu_of(device);
    const char* name = number_of(device) >= GPUS ? "NVIDIA A100-SXM4-40GB MIG 1g.5gb"
                       : gpu == MIG_ONE          ? "NVIDIA A100-SXM4-40GB"
                       : gpu == EXCLUSIVE_ONE    ? "NVIDIA H100 80GB HBM3"
                                                 : "Tesla V100-SXM2-32GB";
    return put(text, size, name, 0);
}
int nvmlDeviceGetMemoryInfo(void* device, unsigned long long* total_free_used) {
    total_free_used[0] = number_of(device) >= GPUS ? 5000 : 32000;
    return OK;
}

#ifndef OLD_DRIVER
struct pci {
    char legacy[16];
    unsigned numbers[5];
    char id[32];
};
int nvmlSystemGetDriverVersion(char* text, unsigned size) {
    return put(text, size, "535.161.0%d", 8);
}
int nvmlDeviceGetPciInfo_v3(void* device, struct pci* pci) {
    return put(pci->id, sizeof pci->id, "00000000:%02d:00.0", gpu_of(device));
}
int nvmlDeviceGetComputeMode(void* device, int* mode) {
    *mode = gpu_of(device) == EXCLUSIVE_ONE ? 3 : 0;
    return number_of(device) < GPUS ? OK : NOT_SUPPORTED;
}
int nvmlDeviceGetTotalEccErrors(void* device, int type, int counter, unsigned long long* errors) {
    // Corrected ones, and those of the GPU's whole life, are many, and mean nothing.
    *errors = type != 1 || counter != 0 ? 99 : gpu_of(device) == BROKEN_ONE ? 2 : 0;
    return OK;
}
int nvmlDeviceGetRetiredPagesPendingStatus(void* device, int* pending) {
    *pending = 0;
    return gpu_of(device) == MIG_ONE ? NOT_SUPPORTED : OK;
}
int nvmlDeviceGetRemappedRows(void* device, unsigned* corrected, unsigned* uncorrected,
                              unsigned* pending, unsigned* failed) {
    *corrected = *uncorrected = *pending = 0;
    *failed = gpu_of(device) == EXCLUSIVE_ONE;
    return gpu_of(device) == 0 ? NOT_SUPPORTED : OK;
}
int nvmlDeviceGetCpuAffinity(void* device, unsigned words, unsigned long* set) {
    memset(set, 0, words * sizeof *set);
    set[gpu_of(device) < 2 ? 0 : 1] = 0xf;  // cores 0 to 3, or 64 to 67
    return OK;
}
int nvmlDeviceGetMigMode(void* device, unsigned* now, unsigned* later) {
    *now = *later = gpu_of(device) == MIG_ONE;
    return gpu_of(device) >= MIG_ONE ? OK : NOT_SUPPORTED;
}
int nvmlDeviceGetMaxMigDeviceCount(void* device, unsigned* count) {
    *count = PARTS;
    return gpu_of(device) == MIG_ONE ? OK : NOT_SUPPORTED;
}
int nvmlDeviceGetMigDeviceHandleByIndex(void* device, unsigned index, void** part) {
    (void)device;
    *part = &handles[GPUS + index];
    return index == 1 ? NOT_FOUND : OK;
}
int nvmlDeviceGetGpuInstanceId(void* device, unsigned* id) {
    *id = (unsigned)number_of(device);
    return OK;
}
int nvmlDeviceGetComputeInstanceId(void* device, unsigned* id) {
    (void)device;
    *id = 0;
    return OK;
}
#endif
