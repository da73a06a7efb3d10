// SPDX-License-Identifier: Apache-2.0
// graft-trainer: trains cohorts of trials on the devices that its supervisor gives it.
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "core/error.hpp"

#include "trainer/command.hpp"

int main(int count, char** arguments) {
    try {
        return graft::trainer::run_trainer({arguments + 1, arguments + count});
    } catch (const graft::core::Error& error) {
        std::cerr << "graft-trainer: " << error.what() << '\n';
        return error.exit_code();
    } catch (const std::exception& error) {
        std::cerr << "graft-trainer: internal error: " << error.what() << '\n';
        return 70;
    }
}
