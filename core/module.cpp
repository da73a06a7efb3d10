// SPDX-License-Identifier: Apache-2.0
#include "core/module.hpp"

#include <dlfcn.h>

#include "core/error.hpp"
#include "core/process.hpp"

namespace graft::core {

namespace fs = std::filesystem;

fs::path installed_module(const fs::path& prefix, const Module& module) {
    return prefix / GRAFT_MODULE_DIRECTORY / (module.name + ".so");
}

fs::path module_file(const Module& module) {
    const auto here = own_executable().parent_path();
    const auto beside = here / (module.name + ".so");
    const auto installed = installed_module(here / "..", module);
    for (const auto& path : {beside, installed}) {
        std::error_code error;
        if (fs::exists(path, error)) {
            return path;
        }
    }
    fail_input("cannot find the module '{}' ({}). {}", installed.lexically_normal().string(),
               module.is_for, module.way_out);
}

void* module_symbol(const Module& module, const char* symbol) {
    const auto path = module_file(module);
    void* library =
        ::dlopen(path.c_str(), RTLD_NOW | (module.is_global ? RTLD_GLOBAL : RTLD_LOCAL));
    if (!library) {
        fail_input("cannot load '{}' ({}). {}", path.string(), ::dlerror(), module.way_out);
    }
    void* address = ::dlsym(library, symbol);
    if (!address) {
        fail_input("'{}' is no module of graft ({}). Install graft again.", path.string(),
                   ::dlerror());
    }
    return address;
}

}  // namespace graft::core
