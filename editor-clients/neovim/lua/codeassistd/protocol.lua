---@meta
-- What goes over the wire; lsp/METHODS.md of codeassistd is the source.

---@alias codeassistd.Mode 'hybrid'|'semantic'|'keyword'

---@class codeassistd.Filter
---@field languages? string[]
---@field paths? string[] Globs.
---@field kinds? string[]

---@class codeassistd.SearchParams: codeassistd.Filter
---@field query string
---@field limit? integer
---@field mode? codeassistd.Mode
---@field workspace? string

---@class codeassistd.SimilarParams: codeassistd.Filter
---@field textDocument lsp.TextDocumentIdentifier
---@field range lsp.Range
---@field limit? integer

---@class codeassistd.SearchAnswer
---@field revision integer
---@field tookMs number
---@field mode codeassistd.Mode What was carried out: keyword when there is no model.
---@field complete boolean Whether every file was indexed and embedded.
---@field hasEveryFile boolean
---@field chunks integer
---@field embedded integer
---@field results codeassistd.SearchResult[]

---@class codeassistd.SearchResult
---@field uri string
---@field range lsp.Range Whole lines: it ends where the line after the last begins.
---@field path string Relative to the workspace folder.
---@field language string
---@field symbol string Empty when there is none.
---@field kind string
---@field score number 0 to 1.
---@field scores table<string, number>
---@field snippet string

---@class codeassistd.WorkspaceStatus
---@field root string
---@field revision integer
---@field state 'starting'|'scanning'|'indexing'|'embedding'|'ready'|'paused'|'failed'
---@field files integer
---@field chunks integer
---@field pending integer Chunks without a vector.
---@field freshness number? Seconds; nil before the index ever agreed with the files.
---@field watch string
---@field problem string Empty when nothing is wrong.

---@class codeassistd.ModelStatus
---@field name string
---@field role string
---@field state 'unloaded'|'loading'|'loaded'|'failed'
---@field engine string
---@field uses integer
---@field idleSeconds number?

---@class codeassistd.StatusAnswer
---@field pid integer
---@field version string
---@field uptime number Seconds.
---@field sessions integer
---@field workspaces codeassistd.WorkspaceStatus[]
---@field models codeassistd.ModelStatus[]
---@field memory integer Bytes.
---@field errors string[]
