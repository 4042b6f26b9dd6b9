;; Compiles the file named by SOURCE to native code, and runs what came out.
(let ((fasl (compile-file (ext:getenv "SOURCE") :output-file (ext:getenv "FASL") :verbose nil :print nil)))
  (load fasl))
