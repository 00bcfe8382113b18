-- The configuration that vim.lsp.config and vim.lsp.enable find (Neovim 0.11 and newer).
return require('codeassistd.server').config()
