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
---@field symbolRange? lsp.Range Lines of the symbol's definition, to jump to; absent when there is none.

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

---@class codeassistd.InlineCompletionItem
---@field insertText string
---@field range lsp.Range What it takes the place of; on one line.

---@class codeassistd.InlineCompletionAnswer
---@field items codeassistd.InlineCompletionItem[] Empty when nothing is worth showing.

---@class codeassistd.Subject What something is written about.
---@field textDocument lsp.TextDocumentIdentifier
---@field range? lsp.Range All when absent.

---@class codeassistd.GenerateParams
---@field instruction string
---@field textDocument? lsp.TextDocumentIdentifier
---@field range? lsp.Range
---@field context? boolean Whether passages of the workspace are looked up.
---@field maxTokens? integer
---@field dryRun? boolean
---@field answer? 'code'|'prose'
---@field workspace? string
---@field partialResultToken? string

---@class codeassistd.GenerateAnswer
---@field text string Empty when it was sent in parts.
---@field finishReason 'stop'|'length'|'dryRun'
---@field sources codeassistd.GenerateSource[] Most useful first.
---@field usage codeassistd.GenerateUsage
---@field model string
---@field endpoint? string Host of the server that wrote; nil when it was this machine.
---@field prompt? string

---@class codeassistd.GenerateSource Lines of the workspace that the model was given.
---@field uri string
---@field range lsp.Range

---@class codeassistd.GenerateUsage
---@field promptTokens integer
---@field cachedTokens integer
---@field completionTokens integer
---@field promptMs number
---@field completionMs number
---@field isTrimmed boolean

---@class codeassistd.RewriteParams: codeassistd.Subject
---@field instruction string
---@field apply? boolean Whether the server has the edit applied.

---@class codeassistd.EditAnswer
---@field edit lsp.WorkspaceEdit
---@field applied boolean

---@class codeassistd.ExplainParams: codeassistd.Subject
---@field show? boolean Whether the server has it shown.

---@class codeassistd.ExplainAnswer
---@field text string Markdown.
---@field shown boolean
