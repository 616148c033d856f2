# SPDX-License-Identifier: MIT
#
# make install: public headers, libraries, pkg-config files, the CMake package, the program and the manual pages. check.h and
# sim.h stay here: they are for the tests and the simulator.

if(TARGET hawser)
    include(CMakePackageConfigHelpers)
    set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/hawser)

    install(DIRECTORY include/hawser DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h"
            PATTERN check.h EXCLUDE PATTERN sim.h EXCLUDE)
    install(TARGETS hawser hawser-core EXPORT hawser-targets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
    install(TARGETS hawser-static hawser-core-static ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
    install(EXPORT hawser-targets NAMESPACE hawser:: FILE hawser-config.cmake DESTINATION ${package_dir})
    write_basic_package_version_file(${PROJECT_BINARY_DIR}/hawser-config-version.cmake COMPATIBILITY SameMinorVersion)
    install(FILES ${PROJECT_BINARY_DIR}/hawser-config-version.cmake DESTINATION ${package_dir})

    file(RELATIVE_PATH prefix_from_pkgconfig /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
    foreach(name hawser hawser-core)
        configure_file(cmake/${name}.pc.in ${PROJECT_BINARY_DIR}/${name}.pc @ONLY)
        install(FILES ${PROJECT_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
    endforeach()
endif()

if(TARGET hawser-tool)
    install(TARGETS hawser-tool RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

foreach(section 1 3 7)
    file(GLOB pages CONFIGURE_DEPENDS man/*.${section})
    if(pages)
        install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
    endif()
endforeach()
