# Install rules of the library. Components: runtime is what a user of the command or of a program
# that links lode needs; devel is what compiling against lode needs.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS lode_shared EXPORT lodeShared
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT runtime NAMELINK_COMPONENT devel
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS lode_static EXPORT lodeStatic
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT devel
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${PROJECT_SOURCE_DIR}/lib/include/lode.h
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT devel)
install(FILES ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/SPEC.md
  ${PROJECT_SOURCE_DIR}/CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT runtime)
foreach(pair "runtime|lode" "devel|liblode-dev")
  string(REPLACE "|" ";" pair ${pair})
  list(GET pair 0 component)
  list(GET pair 1 package)
  install(FILES ${PROJECT_SOURCE_DIR}/LICENSE RENAME copyright
    DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/doc/${package} COMPONENT ${component})
endforeach()

# What liblode.a calls, told by LODE_LIB_DEPS: modules for pkg-config, targets for CMake.
set(LODE_PC_REQUIRES "")
set(LODE_PC_LIBS "")
set(LODE_CONFIG_MODULES "")
foreach(dep ${LODE_LIB_DEPS})
  if(dep STREQUAL ZLIB::ZLIB)
    list(APPEND LODE_PC_REQUIRES zlib)
  elseif(dep STREQUAL Threads::Threads)
    list(APPEND LODE_PC_LIBS -pthread)
  elseif(dep MATCHES "^PkgConfig::(.*)$")
    set(prefix ${CMAKE_MATCH_1})
    list(APPEND LODE_PC_REQUIRES ${${prefix}_MODULE_NAME})
    list(APPEND LODE_CONFIG_MODULES ${prefix}=${${prefix}_MODULE_NAME})
  else()
    message(FATAL_ERROR "${dep}: LodeInstall.cmake does not know how others find it")
  endif()
endforeach()
set_property(GLOBAL PROPERTY LODE_PC_REQUIRES ${LODE_PC_REQUIRES})
list(JOIN LODE_PC_REQUIRES ", " LODE_PC_REQUIRES)
list(JOIN LODE_PC_LIBS " " LODE_PC_LIBS)

# The prefix is told from where lode.pc stands, so that the installed tree can be moved and packed.
set(LODE_PC_DIR ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}" OR IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
  set(LODE_PC_PREFIX ${CMAKE_INSTALL_PREFIX})
  set(LODE_PC_LIBDIR ${CMAKE_INSTALL_FULL_LIBDIR})
  set(LODE_PC_INCLUDEDIR ${CMAKE_INSTALL_FULL_INCLUDEDIR})
else()
  file(RELATIVE_PATH up /${LODE_PC_DIR} /)
  string(REGEX REPLACE "/$" "" up ${up})
  set(LODE_PC_PREFIX "\${pcfiledir}/${up}")
  set(LODE_PC_LIBDIR "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
  set(LODE_PC_INCLUDEDIR "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
endif()
configure_file(${CMAKE_CURRENT_LIST_DIR}/lode.pc.in ${CMAKE_CURRENT_BINARY_DIR}/lode.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/lode.pc DESTINATION ${LODE_PC_DIR} COMPONENT devel)

# find_package(lode). Before 1.0 a minor version may change the API.
set(LODE_CONFIG_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/lode)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/lodeConfig.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/lodeConfig.cmake INSTALL_DESTINATION ${LODE_CONFIG_DIR})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/lodeConfigVersion.cmake
  VERSION ${PROJECT_VERSION} COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/lodeConfig.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/lodeConfigVersion.cmake
  DESTINATION ${LODE_CONFIG_DIR} COMPONENT devel)
foreach(name lodeShared lodeStatic)
  install(EXPORT ${name} NAMESPACE lode:: DESTINATION ${LODE_CONFIG_DIR} COMPONENT devel)
endforeach()
