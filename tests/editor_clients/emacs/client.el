;;; client.el --- What somebody does in Emacs, step by step  -*- lexical-binding: t -*-

;; Usage: emacs --batch -l SETUP -l client.el WORKSPACE
;; Writes one JSON object to standard output: what each step gave.

(require 'eglot)
(require 'json)

(setq eglot-sync-connect t eglot-connect-timeout 120) ; a busy machine takes its time

(defvar steps nil)

(defun step (name value)
  (push (cons name value) steps))

(defun matches (references)
  "File name, line and text of each of some xref matches."
  (vconcat
   (mapcar (lambda (item)
             (let ((location (xref-item-location item)))
               (vector (file-name-nondirectory (xref-location-group location))
                       (xref-location-line location)
                       (substring-no-properties (xref-item-summary item)))))
           references)))

(defun paths (answer)
  (vconcat (mapcar (lambda (result) (plist-get result :path)) (plist-get answer :results))))

(defun search (server query)
  (paths (jsonrpc-request server :codeassist/search `(:query ,query :mode "keyword"))))

(defun said (server)
  "What the language server wrote to its standard error."
  (let ((errors (jsonrpc-stderr-buffer server)))
    (and (buffer-live-p errors)
         (with-current-buffer errors
           (seq-remove (lambda (line) (string-match-p "^\\(Process .*\\)?$" line))
                       (split-string (buffer-string) "\n"))))))

(defun search-and-visit ()
  "Search with the command of the set-up and visit what is listed first."
  (save-current-buffer (codeassistd-search "parse settings from a configuration file"))
  (with-current-buffer "*codeassistd*"
    (step 'listed (buffer-substring-no-properties (point-min) (point-max)))
    (goto-char (point-min))
    (let ((inhibit-message t)) (compile-goto-error))
    (step 'visited (file-name-nondirectory (or (buffer-file-name (window-buffer)) "")))))

(defun complete-and-act (workspace)
  "Complete with the command of the set-up, and have a function documented by a code action."
  ;; There is nobody to answer; the first is the name of older versions.
  (setq eglot-confirm-server-initiated-edits nil
        eglot-confirm-server-edits nil)
  (find-file (expand-file-name "src/ledger.py" workspace))
  (goto-char (point-min))
  (search-forward "people):\n")
  (insert "    \n")
  (backward-char)
  (codeassistd-complete)
  (step 'completed (buffer-substring-no-properties (line-beginning-position) (line-end-position)))
  (delete-region (line-beginning-position) (min (1+ (line-end-position)) (point-max)))
  (insert "    share, rest = divmod(cents, people)\n")
  (goto-char (point-min))
  (search-forward "def split_evenly")
  (cl-letf ((last-nonmenu-event ?x) ; else a menu would pop up
            ((symbol-function 'completing-read)
             (lambda (_prompt collection &rest _)
               (seq-find (lambda (title) (string-prefix-p "Document split_evenly" title))
                         (all-completions "" collection)))))
    (eglot-code-actions (point) (point) nil t))
  (with-timeout (60 nil)
    (while (not (save-excursion (goto-char (point-min)) (search-forward "\"\"\"" nil t)))
      (accept-process-output nil 0.1)))
  (step 'documented (buffer-substring-no-properties (point-min) (point-max)))
  (set-buffer-modified-p nil))

(defun play (workspace)
  (find-file (expand-file-name "src/greeting.py" workspace))
  (let ((inhibit-message t))
    (apply #'eglot--connect (eglot--guess-contact)))
  (let ((server (eglot-current-server)))
    (step 'mode major-mode)
    (step 'server (plist-get (eglot--server-info server) :name))
    (jsonrpc-request server :codeassist/waitForIndex '(:vectors t) :timeout 120)
    (step 'symbols (matches (xref-backend-apropos 'eglot "parse settings")))
    (step 'command
          (paths (jsonrpc-request server :workspace/executeCommand
                                  '(:command "codeassist.search" :arguments ["wait longer after a failure"]))))
    ;; What is typed and not saved is found; the line has characters of two UTF-16 units before it.
    (step 'before (search server "wallaby"))
    (goto-char (point-min))
    (search-forward "grüß")
    (insert " wallaby")
    (goto-char (point-max))
    (insert "\n\ndef numbat():\n    return 1\n")
    (eglot--signal-textDocument/didChange)
    (step 'typed (search server "wallaby"))
    (step 'line
          (plist-get
           (aref (plist-get (jsonrpc-request server :codeassist/search
                                             '(:query "wallaby" :mode "keyword")) :results) 0)
           :snippet))
    (step 'unsaved (matches (xref-backend-apropos 'eglot "numbat")))
    (step 'refused
          (condition-case failure
              (jsonrpc-request server :codeassist/search '(:query "  "))
            (jsonrpc-error (alist-get 'jsonrpc-error-message (cddr failure)))))
    (when (fboundp 'codeassistd-search)
      (search-and-visit)
      (complete-and-act workspace))
    (set-buffer-modified-p nil)
    (eglot-shutdown server nil 10 t)
    (step 'running (if (jsonrpc-running-p server) t json-false))
    (step 'said (apply #'vector (said server)))))

(play (car command-line-args-left))
(setq command-line-args-left nil)
(princ (json-encode steps))

;;; client.el ends here
