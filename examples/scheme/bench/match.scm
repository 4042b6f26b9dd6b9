;; match – a pattern matcher over trees, with variables for one item (? x) and for any run of
;; items (* x), which it finds by backtracking; applied as a rewriting system until nothing
;; changes.

(define (variable? p kind)
  (and (pair? p) (eq? (car p) kind) (pair? (cdr p)) (null? (cddr p))))

;; Calls `succeed` with the bindings of each way to match, until one answers true.
(define (match pattern datum bindings succeed)
  (cond ((variable? pattern '?)
         (bind (cadr pattern) datum bindings succeed))
        ((and (pair? pattern) (variable? (car pattern) '*))
         (match-run (cadar pattern) (cdr pattern) datum bindings succeed))
        ((pair? pattern)
         (and (pair? datum)
              (match (car pattern) (car datum) bindings
                (lambda (bindings)
                  (match (cdr pattern) (cdr datum) bindings succeed)))))
        (else (and (equal? pattern datum) (succeed bindings)))))

(define (cadar x) (car (cdar x)))

(define (bind name datum bindings succeed)
  (let ((entry (assq name bindings)))
    (if entry
        (and (equal? (cdr entry) datum) (succeed bindings))
        (succeed (cons (cons name datum) bindings)))))

(define (match-run name rest datum bindings succeed)
  (let loop ((taken '()) (left datum))
    (or (bind name (reverse taken) bindings
          (lambda (bindings) (match rest left bindings succeed)))
        (and (pair? left)
             (loop (cons (car left) taken) (cdr left))))))

(define (fill template bindings)
  (cond ((variable? template '?) (cdr (assq (cadr template) bindings)))
        ((and (pair? template) (variable? (car template) '*))
         (append (cdr (assq (cadar template) bindings)) (fill (cdr template) bindings)))
        ((pair? template)
         (cons (fill (car template) bindings) (fill (cdr template) bindings)))
        (else template)))

(define (rewrite datum rules)
  (let loop ((rest rules))
    (cond ((null? rest)
           (if (pair? datum) (map (lambda (part) (rewrite part rules)) datum) datum))
          ((match (caar rest) datum '() (lambda (bindings) (fill (cadr (car rest)) bindings))))
          (else (loop (cdr rest))))))

(define (normalize datum rules steps)
  (let ((next (rewrite datum rules)))
    (if (equal? next datum)
        (list steps datum)
        (normalize next rules (+ steps 1)))))

;; Moves the letters of a word to their places, and drops those that come twice.
(define rules
  '(((word (* a) z (* b) y (* c)) (word (* a) (* b) y z (* c)))
    ((word (* a) y (* b) x (* c)) (word (* a) (* b) x y (* c)))
    ((word (* a) z (* b) x (* c)) (word (* a) (* b) x z (* c)))
    ((word (* a) (? v) (? v) (* c)) (word (* a) (? v) (* c)))))

(define subject
  '(text (word z y x y z x x z)
         (word y z y x z)
         (note (word z z y y x x) (word x y z))))

(define iterations
  (let ((arguments (cdr (command-line))))
    (if (null? arguments) 500 (string->number (car arguments)))))

(define (run) (normalize subject rules 0))

(do ((i 1 (+ i 1))) ((= i iterations)) (run))

(let ((result (run)))
  (unless (equal? (cadr result) '(text (word x y z) (word x y z) (note (word x y z) (word x y z))))
    (error "match: wrong result" result))
  (display "match ") (write result) (newline))
