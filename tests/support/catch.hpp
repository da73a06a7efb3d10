// SPDX-License-Identifier: Apache-2.0
#pragma once

// Catch2 2 (Debian 12) and 3 (Ubuntu 24.04) under one name.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
#else
#include <catch2/catch.hpp>
inline auto ContainsSubstring(const std::string& text) {
    return Catch::Matchers::Contains(text);
}
inline auto StartsWith(const std::string& text) {
    return Catch::Matchers::StartsWith(text);
}
#endif
