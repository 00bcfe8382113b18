-- The configuration that vim.lsp.config and vim.lsp.enable find (Neovim 0.11 and newer).
require('codeassistd.inline').listen() -- whoever enables the server has completions too
return require('codeassistd.server').config()
