# cpack: two Debian packages, lode and liblode-dev, and one .tar.gz of everything.
set(CPACK_GENERATOR DEB TGZ)
set(CPACK_PACKAGE_NAME lode)
set(CPACK_PACKAGE_VENDOR "The lode authors")
set(CPACK_PACKAGE_CONTACT "The lode authors")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "memory-mapped, checksummed index of compressed FASTA")
set(CPACK_PACKAGE_DESCRIPTION "lode makes one flat file beside a FASTA file, plain or BGZF, or beside
a collection of them. Any process maps it and reads any stretch of any
contig at once; every base that comes back was checked against the index.")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_RESOURCE_FILE_README ${PROJECT_SOURCE_DIR}/README.md)
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_COMPONENTS_ALL runtime devel)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "The lode authors")
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME lode)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION science)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SHLIBDEPS ON)
set(CPACK_COMPONENT_RUNTIME_DESCRIPTION "${CPACK_PACKAGE_DESCRIPTION}

This package holds the command and the shared library.")
set(CPACK_DEBIAN_DEVEL_PACKAGE_NAME liblode-dev)
set(CPACK_DEBIAN_DEVEL_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVEL_PACKAGE_SHLIBDEPS OFF)
set(CPACK_COMPONENT_DEVEL_DESCRIPTION "${CPACK_PACKAGE_DESCRIPTION}

This package holds the header, the static library, and the files for
pkg-config and CMake.")

# pkg-config wants the modules that lode.pc names, for a shared link too.
set(depends "lode (= ${PROJECT_VERSION})")
get_property(modules GLOBAL PROPERTY LODE_PC_REQUIRES)
foreach(module ${modules})
  if(module STREQUAL zlib)
    string(APPEND depends ", zlib1g-dev")
  elseif(module STREQUAL libcrypto)
    string(APPEND depends ", libssl-dev")
  else()
    string(APPEND depends ", ${module}-dev")
  endif()
endforeach()
set(CPACK_DEBIAN_DEVEL_PACKAGE_DEPENDS "${depends}")

include(CPack)
