// What the files of lode._lode share: errors, names, paths.
#ifndef LODE_PYTHON_SHARED_H
#define LODE_PYTHON_SHARED_H

#include <lode.h>

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <chrono>
#include <future>
#include <optional>
#include <string>
#include <utility>

namespace nb = nanobind;
using namespace nb::literals;

// Record stores (_records.cpp).
void bind_records(nb::module_ &m);

/* A message, which may hold bytes of names and paths that are not UTF-8. */
inline nb::object message_str(const std::string &text)
{
    return nb::steal(PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()),
                                          "backslashreplace"));
}

/* Errors are made by lode._errors.make: which exception a status is, is a matter of Python. */
[[noreturn]] inline void fail(int status, const std::string &message, int sys_errno = 0)
{
    nb::object error =
        nb::module_::import_("lode._errors").attr("make")(status, message_str(message), sys_errno);
    PyErr_SetObject(reinterpret_cast<PyObject *>(Py_TYPE(error.ptr())), error.ptr());
    throw nb::python_error();
}

/* What a short call fills in where it fails; not cleared as a whole: that costs more than a lookup.
 */
struct Diag : lode_diag {
    Diag()
    {
        status = LODE_E_ARG;
        sys_errno = 0;
        rule[0] = section[0] = message[0] = 0;
        offset = 0;
    }
};

[[noreturn]] inline void fail(const lode_diag &diag)
{
    fail(diag.status, diag.message, diag.sys_errno);
}

inline void must(int64_t status, const lode_diag &diag)
{
    if (status < 0)
        fail(diag);
}

/* Names are bytes; as str they carry what is not UTF-8 by surrogates, as os.fsdecode does. */
inline nb::str to_str(const std::string &bytes)
{
    return nb::steal<nb::str>(PyUnicode_DecodeUTF8(
        bytes.data(), static_cast<Py_ssize_t>(bytes.size()), "surrogateescape"));
}

inline std::string to_bytes(nb::handle name)
{
    Py_ssize_t n = 0;
    char *p = nullptr;
    if (PyBytes_Check(name.ptr())) {
        PyBytes_AsStringAndSize(name.ptr(), &p, &n);
        return std::string(p, static_cast<size_t>(n));
    }
    if (!PyUnicode_Check(name.ptr()))
        throw nb::type_error("a name is str or bytes");
    nb::object bytes = nb::steal(PyUnicode_AsEncodedString(name.ptr(), "utf-8", "surrogateescape"));
    if (!bytes.is_valid()) { // half of a surrogate pair: no bytes are written so
        PyErr_Clear();
        fail(LODE_E_NOT_FOUND, "no such name: it cannot be written as UTF-8");
    }
    PyBytes_AsStringAndSize(bytes.ptr(), &p, &n);
    return std::string(p, static_cast<size_t>(n));
}

inline bool is_name(nb::handle h)
{
    return PyUnicode_Check(h.ptr()) || PyBytes_Check(h.ptr());
}

inline const char *path_of(const nb::bytes &path)
{
    if (std::char_traits<char>::length(path.c_str()) != path.size())
        throw nb::value_error("embedded null byte in a path");
    return path.c_str();
}

/* Runs call, which may take long, without the interpreter lock and on a thread of its own: this one
 * looks for Ctrl-C, and then sets cancel. Gives what call gave, and what a signal's handler raised.
 */
template <typename Call>
std::pair<int, std::optional<nb::python_error>> interruptible(int &cancel, Call call)
{
    std::optional<nb::python_error> interrupted;
    nb::gil_scoped_release released;
    auto done = std::async(std::launch::async, call);
    while (done.wait_for(std::chrono::milliseconds(50)) != std::future_status::ready) {
        nb::gil_scoped_acquire held;
        if (!interrupted && PyErr_CheckSignals() != 0) {
            interrupted.emplace();
            __atomic_store_n(&cancel, 1, __ATOMIC_RELAXED);
        }
    }
    return {done.get(), std::move(interrupted)};
}

/* One dimension of bytes to write to, without the cost of asking by DLPack where the buffer
 * protocol answers. Let go of with it. */
class Room
{
  public:
    explicit Room(nb::handle out)
    {
        if (PyObject_GetBuffer(out.ptr(), &view_, PyBUF_WRITABLE | PyBUF_FORMAT | PyBUF_ND) == 0) {
            if (view_.ndim == 1 && view_.itemsize == 1 &&
                (view_.format == nullptr || view_.format[0] == 'B'))
                return;
            PyBuffer_Release(&view_);
        } else {
            PyErr_Clear();
            if (nb::try_cast(out, array_, false) && array_.is_valid()) { // a tensor, not a copy
                view_.buf = array_.data();
                view_.len = static_cast<Py_ssize_t>(array_.size());
                view_.obj = nullptr;
                return;
            }
        }
        refuse(out);
    }
    Room(const Room &) = delete;
    Room &operator=(const Room &) = delete;
    ~Room()
    {
        if (view_.obj != nullptr)
            PyBuffer_Release(&view_);
    }
    uint8_t *data() const { return static_cast<uint8_t *>(view_.buf); }
    size_t size() const { return static_cast<size_t>(view_.len); }

  private:
    /* Bytes of one dimension, but with steps between them, are the right thing in a wrong form. */
    [[noreturn]] static void refuse(nb::handle out)
    {
        Py_buffer view;
        if (PyObject_GetBuffer(out.ptr(), &view, PyBUF_WRITABLE | PyBUF_STRIDES) == 0) {
            const bool steps = view.ndim == 1 && view.itemsize == 1 && view.len > 1 &&
                               view.strides != nullptr && view.strides[0] != 1;
            PyBuffer_Release(&view);
            if (steps)
                throw nb::value_error("out is not contiguous");
        }
        PyErr_Clear();
        throw nb::type_error("out is not a writable contiguous uint8 buffer of one dimension");
    }

    Py_buffer view_ = {};
    nb::ndarray<uint8_t, nb::ndim<1>, nb::c_contig, nb::device::cpu> array_;
};

#endif
