// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "scheduler/explain.hpp"

namespace graft::commands {

// With whom a waiting trial will be trained, or why alone.
std::string waiting_company(const scheduler::InCompany& company);
// With whom one is being trained; empty: alone.
std::string running_company(const scheduler::InCompany& company);

}  // namespace graft::commands
