// SPDX-License-Identifier: Apache-2.0
#include "core/h5/file.hpp"

#include <algorithm>

#include "core/h5/text_type.hpp"

namespace graft::core::h5 {

hid_t native(Type type) {
    switch (type) {
        case Type::u8:
            return H5T_NATIVE_UINT8;
        case Type::i32:
            return H5T_NATIVE_INT32;
        case Type::i64:
            return H5T_NATIVE_INT64;
        case Type::u64:
            return H5T_NATIVE_UINT64;
        case Type::f32:
            return H5T_NATIVE_FLOAT;
        case Type::f64:
            return H5T_NATIVE_DOUBLE;
    }
    throw std::logic_error("unknown HDF5 element type");
}

std::uint64_t elements(const Shape& shape) {
    std::uint64_t count = 1;
    for (const auto n : shape) {
        if (n > 0 && count > UINT64_MAX / n) {
            throw Refused(
                "cannot read a dataset of more than 2^64 elements (damaged). Check the file.");
        }
        count *= n;
    }
    return count;
}

File File::create(const std::filesystem::path& path) {
    prepare_library();
    Handle handle(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
    if (!handle) {
        fail_h5(fmt::format("create '{}'", path.string()));
    }
    return File(path, std::move(handle));
}

File File::open(const std::filesystem::path& path) {
    prepare_library();
    if (!std::filesystem::exists(path)) {
        fail_input("cannot open '{}' (no such file). Check the path.", path.string());
    }
    Handle handle(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT));
    if (!handle) {
        fail_input("cannot open '{}' (not a readable HDF5 file). Check that it is whole.",
                   path.string());
    }
    return File(path, std::move(handle));
}

void File::close() {
    checked(H5Fflush(handle_.get(), H5F_SCOPE_GLOBAL), "write " + path_.string());
    checked(H5Fclose(handle_.release()), "close " + path_.string());
}

std::string File::at(const std::string& path) const {
    return path_.string() + ":" + path;
}

bool File::has(const std::string& path) const {
    // H5Lexists fails for a missing parent, so each step is asked for.
    std::size_t end = 0;
    while (end != std::string::npos) {
        end = path.find('/', end + 1);
        const std::string part = path.substr(0, end);
        if (part != "/" && H5Lexists(handle_.get(), part.c_str(), H5P_DEFAULT) <= 0) {
            return false;
        }
    }
    return true;
}

void File::make_group(const std::string& path) {
    const Handle links(checked(H5Pcreate(H5P_LINK_CREATE), "make a property list"));
    checked(H5Pset_create_intermediate_group(links.get(), 1), "set a property");
    const Handle group(
        checked(H5Gcreate2(handle_.get(), path.c_str(), links.get(), H5P_DEFAULT, H5P_DEFAULT),
                "make group " + at(path)));
}

void File::link(const std::string& existing, const std::string& path) {
    const Handle links(checked(H5Pcreate(H5P_LINK_CREATE), "make a property list"));
    checked(H5Pset_create_intermediate_group(links.get(), 1), "set a property");
    checked(H5Lcreate_hard(handle_.get(), existing.c_str(), handle_.get(), path.c_str(),
                           links.get(), H5P_DEFAULT),
            fmt::format("link {} to {}", at(path), existing));
}

std::vector<std::string> File::members(const std::string& group) const {
    std::vector<std::string> names;
    hsize_t position = 0;
    const auto keep = [](hid_t, const char* name, const H5L_info_t*, void* into) -> herr_t {
        static_cast<std::vector<std::string>*>(into)->emplace_back(name);
        return 0;
    };
    const Handle handle(
        checked(H5Gopen2(handle_.get(), group.c_str(), H5P_DEFAULT), "open group " + at(group)));
    checked(H5Literate(handle.get(), H5_INDEX_NAME, H5_ITER_INC, &position, keep, &names),
            "list " + at(group));
    return names;
}

bool File::is_group(const std::string& path) const {
    const Handle object(
        checked(H5Oopen(handle_.get(), path.c_str(), H5P_DEFAULT), "open " + at(path)));
    return H5Iget_type(object.get()) == H5I_GROUP;
}

// Without times, so that equal contents are equal bytes.
Handle File::creation_properties() {
    Handle create(checked(H5Pcreate(H5P_DATASET_CREATE), "make a property list"));
    checked(H5Pset_obj_track_times(create.get(), false), "set a property");
    return create;
}

Handle File::create_dataset(const std::string& path, hid_t type, const Shape& shape,
                            const Handle& create) {
    const Handle links(checked(H5Pcreate(H5P_LINK_CREATE), "make a property list"));
    checked(H5Pset_create_intermediate_group(links.get(), 1), "set a property");
    const std::vector<hsize_t> dims(shape.begin(), shape.end());
    const Handle space(checked(
        H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr), "make a space"));
    return Handle(checked(H5Dcreate2(handle_.get(), path.c_str(), type, space.get(), links.get(),
                                     create.get(), H5P_DEFAULT),
                          "create " + at(path)));
}

// Small data is only written when its dataset is closed, and then lost if nobody looks.
void File::close_written(Handle set, const std::string& path) const {
    checked(H5Dclose(set.release()), "write " + at(path));
}

void File::write_raw(const std::string& path, Type type, const Shape& shape, const void* data) {
    Handle set = create_dataset(path, native(type), shape);
    if (elements(shape) > 0) {
        checked(H5Dwrite(set.get(), native(type), H5S_ALL, H5S_ALL, H5P_DEFAULT, data),
                "write " + at(path));
    }
    close_written(std::move(set), path);
}

void File::write_texts(const std::string& path, const std::vector<std::string>& texts) {
    const FixedTexts fixed(texts);
    const Handle type = fixed_text_type(fixed.width, H5T_CSET_UTF8);
    Handle set = create_dataset(path, type.get(), {texts.size()});
    if (!texts.empty()) {
        checked(H5Dwrite(set.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, fixed.bytes.data()),
                "write " + at(path));
    }
    close_written(std::move(set), path);
}

Handle File::open_dataset(const std::string& path) const {
    return Handle(checked(H5Dopen2(handle_.get(), path.c_str(), H5P_DEFAULT), "open " + at(path)));
}

Shape File::shape(const std::string& path) const {
    const Handle set = open_dataset(path);
    const Handle space(checked(H5Dget_space(set.get()), "read the shape of " + at(path)));
    const int rank = checked(H5Sget_simple_extent_ndims(space.get()), "read " + at(path));
    std::vector<hsize_t> dims(static_cast<std::size_t>(rank));
    checked(H5Sget_simple_extent_dims(space.get(), dims.data(), nullptr), "read " + at(path));
    return {dims.begin(), dims.end()};
}

void File::fail_damaged(const std::string& path, const std::string& why) const {
    throw Refused(fmt::format("cannot read {} ({}). The file is damaged: make or fetch it again.",
                              at(path), why));
}

std::uint64_t File::readable_elements(const std::string& path, std::uint64_t element_bytes) const {
    const Handle set = open_dataset(path);
    const Handle create(
        checked(H5Dget_create_plist(set.get()), "read the properties of " + at(path)));
    // Deflate makes at most 1,032 bytes of one; small ones may be all fill value, and take none.
    constexpr std::uint64_t most_of_one = 1032, always = std::uint64_t{1} << 20;
    if (checked(H5Pget_external_count(create.get()), "read the properties of " + at(path)) > 0) {
        fail_damaged(path, "its data are in another file");
    }
    const std::uint64_t file_bytes = size_in_bytes();
    const bool in_pieces = H5Pget_layout(create.get()) == H5D_CHUNKED;
    const std::uint64_t most = std::max(in_pieces ? file_bytes * most_of_one : file_bytes, always);
    const std::uint64_t count = elements(shape(path));
    const Handle type(checked(H5Dget_type(set.get()), "read the type of " + at(path)));
    const std::uint64_t stored_bytes = H5Tget_size(type.get());
    if (stored_bytes == 0 || element_bytes == 0) {
        fail_damaged(path, "its elements have no size");
    }
    if (count > most / stored_bytes || count > UINT64_MAX / element_bytes / 2) {
        fail_damaged(path, fmt::format("{} elements in a file of {} bytes", count, file_bytes));
    }
    return count;
}

std::uint64_t File::size_in_bytes() const {
    hsize_t bytes = 0;
    checked(H5Fget_filesize(handle_.get(), &bytes), "look up " + path_.string());
    return bytes;
}

void File::read_raw(const std::string& path, Type type, void* data) const {
    const Handle set = open_dataset(path);
    checked(H5Dread(set.get(), native(type), H5S_ALL, H5S_ALL, H5P_DEFAULT, data),
            "read " + at(path));
}

std::vector<std::string> File::read_texts(const std::string& path) const {
    const Handle set = open_dataset(path);
    const Handle type(checked(H5Dget_type(set.get()), "read the type of " + at(path)));
    const std::size_t count = readable_elements(path, H5Tget_size(type.get()));
    return decode_texts(type.get(), count, at(path), [&](hid_t memory, void* into) {
        return H5Dread(set.get(), memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, into);
    });
}

void File::make_contiguous_u8(const std::string& path, const Shape& shape) {
    const Handle create = creation_properties();
    checked(H5Pset_layout(create.get(), H5D_CONTIGUOUS), "set a property");
    checked(H5Pset_alloc_time(create.get(), H5D_ALLOC_TIME_EARLY), "set a property");
    checked(H5Pset_fill_time(create.get(), H5D_FILL_TIME_NEVER), "set a property");
    close_written(create_dataset(path, H5T_NATIVE_UINT8, shape, create), path);
}

void File::write_rows_u8(const std::string& path, std::uint64_t first, std::uint64_t count,
                         const std::uint8_t* data) {
    Handle set = open_dataset(path);
    const Handle space(checked(H5Dget_space(set.get()), "read the shape of " + at(path)));
    const int axes = H5Sget_simple_extent_ndims(space.get());
    std::vector<hsize_t> extent(
        static_cast<std::size_t>(checked(axes, "read the axes of " + at(path))));
    checked(H5Sget_simple_extent_dims(space.get(), extent.data(), nullptr),
            "read the shape of " + at(path));
    std::vector<hsize_t> start(extent.size(), 0);
    start[0] = first;
    extent[0] = count;
    checked(H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, start.data(), nullptr, extent.data(),
                                nullptr),
            "select rows of " + at(path));
    const Handle memory(checked(
        H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr), "make a space"));
    checked(H5Dwrite(set.get(), H5T_NATIVE_UINT8, memory.get(), space.get(), H5P_DEFAULT, data),
            "write " + at(path));
    close_written(std::move(set), path);
}

std::uint64_t File::data_offset(const std::string& path) const {
    const Handle set = open_dataset(path);
    const haddr_t offset = H5Dget_offset(set.get());
    if (offset == HADDR_UNDEF) {
        fail_h5("find the data of " + at(path));
    }
    return offset;
}

}  // namespace graft::core::h5
