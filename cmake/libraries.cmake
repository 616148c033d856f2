# SPDX-License-Identifier: MIT
#
# The libraries. Each room is compiled once, as position-independent code; the static and the shared library share the objects.
# libhawser holds the core's objects too, because its rooms use what libhawser-core.so does not export: link one or the other.

# hawser_objects(NAME ROOM...): an object library of all that the rooms hold; no target while they are empty.
function(hawser_objects name)
    set(patterns)
    foreach(room ${ARGN})
        list(APPEND patterns ${PROJECT_SOURCE_DIR}/src/${room}/*.c)
    endforeach()
    file(GLOB sources CONFIGURE_DEPENDS ${patterns})
    if(sources)
        add_library(${name} OBJECT ${sources})
        target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
    endif()
endfunction()

# hawser_library(NAME EXPORT_NAME OBJECTS...): NAME is shared, NAME-static the archive of the same objects.
function(hawser_library name export_name)
    set(objects)
    foreach(part ${ARGN})
        if(TARGET ${part})
            list(APPEND objects $<TARGET_OBJECTS:${part}>)
        endif()
    endforeach()
    if(objects)
        add_library(${name} SHARED ${objects})
        add_library(${name}-static STATIC ${objects})
        # 0.x may break its users with each minor version, so the soname has both numbers.
        set_target_properties(${name} PROPERTIES VERSION ${PROJECT_VERSION} EXPORT_NAME ${export_name}
                              SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR} LINKER_LANGUAGE C)
        set_target_properties(${name}-static PROPERTIES OUTPUT_NAME ${name} LINKER_LANGUAGE C)
        if(NOT HAWSER_SANITIZE)
            target_link_options(${name} PRIVATE -Wl,--no-undefined)
        endif()
        foreach(target ${name} ${name}-static)
            target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                                                        $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
        endforeach()
    endif()
endfunction()

hawser_objects(hawser-core-objects base wire core core/send core/receive)
hawser_objects(hawser-upper-objects view carrier loop)
hawser_library(hawser-core core hawser-core-objects)
hawser_library(hawser hawser hawser-core-objects hawser-upper-objects)
if(TARGET hawser)
    target_link_libraries(hawser PRIVATE OpenSSL::Crypto)
    target_link_libraries(hawser-static PRIVATE OpenSSL::Crypto)
endif()

file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/sim/*.c)
if(sources AND TARGET hawser-static)
    add_library(hawser-sim STATIC ${sources})
    target_include_directories(hawser-sim PRIVATE ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(hawser-sim PUBLIC hawser-static PRIVATE OpenSSL::Crypto)
endif()

# What tools and tests link: everything there is, statically.
add_library(hawser-inside INTERFACE)
foreach(target hawser-sim hawser-static)
    if(TARGET ${target})
        target_link_libraries(hawser-inside INTERFACE ${target})
    endif()
endforeach()
target_link_libraries(hawser-inside INTERFACE m) # libm, for tools that draw
target_include_directories(hawser-inside INTERFACE ${PROJECT_SOURCE_DIR}/include)
