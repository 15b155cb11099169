/* Layouts of the structs of records, on x86-64: rows of test_abi.c's table. */
{SIZE(lode_store_open_options, 40)}, {AT(lode_store_open_options, struct_size, 0)},
    {AT(lode_store_open_options, map_mode, 8)}, {AT(lode_store_open_options, name, 16)},
    {AT(lode_store_open_options, content_id, 24)}, {AT(lode_store_open_options, place, 32)},

    {SIZE(lode_store_info, 368)}, {AT(lode_store_info, struct_size, 0)},
    {AT(lode_store_info, content_id, 8)}, {AT(lode_store_info, file_size, 16)},
    {AT(lode_store_info, records, 24)}, {AT(lode_store_info, bytes, 32)},
    {AT(lode_store_info, stored, 40)}, {AT(lode_store_info, keys, 48)},
    {AT(lode_store_info, codec, 52)}, {AT(lode_store_info, level, 56)},
    {AT(lode_store_info, align, 60)}, {AT(lode_store_info, shuffle, 64)},
    {AT(lode_store_info, block_size, 72)}, {AT(lode_store_info, dictionary_size, 80)},
    {AT(lode_store_info, types, 88)}, {AT(lode_store_info, format_major, 92)},
    {AT(lode_store_info, format_minor, 96)}, {AT(lode_store_info, name, 100)},
    {AT(lode_store_info, stores, 360)},

    {SIZE(lode_stored, 40)}, {AT(lode_stored, number, 0)}, {AT(lode_stored, size, 8)},
    {AT(lode_stored, data, 16)}, {AT(lode_stored, stored, 24)}, {AT(lode_stored, type, 32)},

    {SIZE(lode_store_request, 40)}, {AT(lode_store_request, number, 0)},
    {AT(lode_store_request, dst, 8)}, {AT(lode_store_request, dst_size, 16)},
    {AT(lode_store_request, written, 24)}, {AT(lode_store_request, status, 32)},

    {SIZE(lode_store_options, 72)}, {AT(lode_store_options, struct_size, 0)},
    {AT(lode_store_options, keys, 8)}, {AT(lode_store_options, codec, 12)},
    {AT(lode_store_options, level, 16)}, {AT(lode_store_options, align, 20)},
    {AT(lode_store_options, shuffle, 24)}, {AT(lode_store_options, block_size, 32)},
    {AT(lode_store_options, dictionary, 40)}, {AT(lode_store_options, dictionary_size, 48)},
    {AT(lode_store_options, name, 56)}, {AT(lode_store_options, unique, 64)},
