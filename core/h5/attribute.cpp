// SPDX-License-Identifier: Apache-2.0
// The attributes of h5::File.
#include "core/h5/file.hpp"
#include "core/h5/text_type.hpp"

namespace graft::core::h5 {

void File::put_attribute(const std::string& path, const std::string& name, hid_t type, hid_t space,
                         const void* data) {
    const std::string what = fmt::format("write attribute '{}' of {}", name, at(path));
    Handle attribute(checked(H5Acreate_by_name(handle_.get(), path.c_str(), name.c_str(), type,
                                               space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                             what));
    if (data) {
        checked(H5Awrite(attribute.get(), type, data), what);
    }
    checked(H5Aclose(attribute.release()), what);
}

void File::write_attribute(const std::string& path, const std::string& name, std::int64_t value) {
    const Handle space(checked(H5Screate(H5S_SCALAR), "make a space"));
    put_attribute(path, name, H5T_NATIVE_INT64, space.get(), &value);
}

void File::write_attribute(const std::string& path, const std::string& name, double value) {
    const Handle space(checked(H5Screate(H5S_SCALAR), "make a space"));
    put_attribute(path, name, H5T_NATIVE_DOUBLE, space.get(), &value);
}

void File::write_attribute(const std::string& path, const std::string& name,
                           const std::string& value) {
    const FixedTexts fixed({value});
    const Handle type = fixed_text_type(fixed.width, H5T_CSET_UTF8);
    const Handle space(checked(H5Screate(H5S_SCALAR), "make a space"));
    put_attribute(path, name, type.get(), space.get(), fixed.bytes.data());
}

void File::write_attribute(const std::string& path, const std::string& name,
                           const std::vector<std::string>& values) {
    const FixedTexts fixed(values);
    const Handle type = fixed_text_type(fixed.width, H5T_CSET_ASCII);
    const hsize_t count = values.size();
    const Handle space(checked(H5Screate_simple(1, &count, nullptr), "make a space"));
    put_attribute(path, name, type.get(), space.get(),
                  values.empty() ? nullptr : fixed.bytes.data());
}

bool File::has_attribute(const std::string& path, const std::string& name) const {
    return has(path) &&
           H5Aexists_by_name(handle_.get(), path.c_str(), name.c_str(), H5P_DEFAULT) > 0;
}

Handle File::open_attribute(const std::string& path, const std::string& name) const {
    return Handle(checked(
        H5Aopen_by_name(handle_.get(), path.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT),
        fmt::format("open attribute '{}' of {}", name, at(path))));
}

Handle File::open_number(const std::string& path, const std::string& name) const {
    Handle attribute = open_attribute(path, name);
    const Handle space(checked(H5Aget_space(attribute.get()), "read the shape of " + at(path)));
    const auto count = checked(H5Sget_simple_extent_npoints(space.get()), "read " + at(path));
    if (count != 1) {
        fail_damaged(path, fmt::format("attribute '{}' holds {} numbers, not one", name, count));
    }
    return attribute;
}

std::int64_t File::int_attribute(const std::string& path, const std::string& name) const {
    const Handle attribute = open_number(path, name);
    std::int64_t value = 0;
    checked(H5Aread(attribute.get(), H5T_NATIVE_INT64, &value), "read " + at(path));
    return value;
}

double File::double_attribute(const std::string& path, const std::string& name) const {
    const Handle attribute = open_number(path, name);
    double value = 0;
    checked(H5Aread(attribute.get(), H5T_NATIVE_DOUBLE, &value), "read " + at(path));
    return value;
}

std::string File::text_attribute(const std::string& path, const std::string& name) const {
    const auto texts = texts_attribute(path, name);
    return texts.empty() ? std::string() : texts.front();
}

std::vector<std::string> File::texts_attribute(const std::string& path,
                                               const std::string& name) const {
    const Handle attribute = open_attribute(path, name);
    const Handle type(checked(H5Aget_type(attribute.get()), "read the type of " + at(path)));
    const Handle space(checked(H5Aget_space(attribute.get()), "read the shape of " + at(path)));
    const auto count = static_cast<std::size_t>(
        checked(H5Sget_simple_extent_npoints(space.get()), "read " + at(path)));
    if (count == 0) {
        return {};  // Keras stores an empty list as an array of floats
    }
    // Attributes are stored whole.
    const std::uint64_t file_bytes = size_in_bytes();
    const std::size_t width = H5Tget_size(type.get());
    if (width == 0 || count > file_bytes / width) {
        fail_damaged(path, fmt::format("attribute '{}' has {} texts of {} bytes in a file of {}",
                                       name, count, width, file_bytes));
    }
    return decode_texts(type.get(), count, at(path), [&](hid_t memory, void* into) {
        return H5Aread(attribute.get(), memory, into);
    });
}

}  // namespace graft::core::h5
