# Included when llama-cpp-python is compiled: its library of common code for programs is half of the work, and
# nothing that we use. (llama-cpp-python forces the option on, in the cache; a plain variable counts before that.)
set(LLAMA_BUILD_COMMON OFF)
