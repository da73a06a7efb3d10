// SPDX-License-Identifier: Apache-2.0
#include "commands/command.hpp"

int main(int count, char* arguments[]) {
    return graft::commands::dispatch({arguments + 1, arguments + count});
}
