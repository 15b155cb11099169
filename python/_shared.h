// What the files of lode._lode share: errors, names, paths.
#ifndef LODE_PYTHON_SHARED_H
#define LODE_PYTHON_SHARED_H

#include <lode.h>

#include <nanobind/nanobind.h>

#include <string>

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

#endif
