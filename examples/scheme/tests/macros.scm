;; syntax-rules.
(define (show . items) (for-each (lambda (x) (write x) (display " ")) items) (newline))

(define-syntax swap!
  (syntax-rules () ((_ a b) (let ((tmp a)) (set! a b) (set! b tmp)))))
(let ((tmp 1) (other 2)) (swap! tmp other) (show tmp other))

(define-syntax my-or
  (syntax-rules () ((_) #f) ((_ e) e) ((_ e r ...) (let ((t e)) (if t t (my-or r ...))))))
(let ((t 5)) (show (my-or #f t)))
(let ((if list)) (show (my-or #f 7)))

(define-syntax my-let
  (syntax-rules () ((_ ((name value) ...) body ...) ((lambda (name ...) body ...) value ...))))
(show (my-let ((a 1) (b 2)) (+ a b)))

(define-syntax flatten
  (syntax-rules () ((_ ((a b ...) ...) ...) '(a ... ... (b ... ...) ...))))
(show (flatten ((1 2 3) (4 5)) ((6))))

(define-syntax pairs
  (syntax-rules () ((_ (key value ...) ...) '((key . (value ...)) ...))))
(show (pairs (a 1 2) (b) (c 3)))

(define-syntax last-of
  (syntax-rules () ((_ x ... last) 'last)))
(show (last-of 1 2 3))
(define-syntax middle
  (syntax-rules () ((_ first rest ... (tail ...) . end) '(rest ... tail ... end))))
(show (middle 1 2 3 (4 5) . 6))

(define-syntax vectors
  (syntax-rules () ((_ #(a b ...) ...) (list (vector b ... a) ...))))
(show (vectors #(1 2 3) #(4)))

(define-syntax for
  (syntax-rules (in from to)
    ((_ x in list body ...) (map (lambda (x) body ...) list))
    ((_ x from a to b body ...) (do ((x a (+ x 1)) (done '() (cons (begin body ...) done)))
                                    ((> x b) (reverse done))))))
(show (for y in '(1 2 3) (* y y)) (for z from 1 to 4 (* 2 z)))
(show (let ((in 5)) (guard (e (#t 'not-the-literal)) (eval '(let ((in 5)) (for y in '(1) y))))))

(define-syntax while
  (syntax-rules ()
    ((_ test body ...) (let loop () (when test body ... (loop))))))
(let ((i 0) (loop 'mine)) (while (< i 3) (set! i (+ i 1))) (show i loop))

(define-syntax be-like-begin
  (syntax-rules ()
    ((_ name) (define-syntax name (syntax-rules () ((_ expr (... ...)) (begin expr (... ...))))))))
(be-like-begin sequence)
(show (sequence 1 2 3 4))

(define-syntax custom
  (syntax-rules ::: () ((_ (a b :::) :::) '((b ::: a) :::))))
(show (custom (1 2 3) (4)))

(define-syntax ignore
  (syntax-rules () ((_ _ second _) 'second)))
(show (ignore 1 2 3))

(define (local n)
  (define-syntax double (syntax-rules () ((_ x) (* 2 x))))
  (define m (double n))
  (let-syntax ((triple (syntax-rules () ((_ x) (* 3 x)))))
    (list m (triple n))))
(show (local 7))
(show (letrec-syntax ((ev? (syntax-rules () ((_) #t) ((_ x . r) (od? . r))))
                      (od? (syntax-rules () ((_) #f) ((_ x . r) (ev? . r)))))
        (list (ev? 1 2 3 4) (ev? 1 2 3))))

(define-syntax define-getter
  (syntax-rules () ((_ name value) (begin (define hidden value) (define (name) hidden)))))
(define (getters)
  (define-getter one 1)
  (define-getter two 2)
  (list (one) (two)))
(show (getters))

(define-syntax my-cond
  (syntax-rules (else)
    ((_ (else e ...)) (begin e ...))
    ((_ (test e ...) clause ...) (if test (begin e ...) (my-cond clause ...)))))
(show (my-cond (#f 1) (else 2)))
(show (let ((else #f)) (guard (e (#t 'no-match)) (eval '(let ((else #f)) (my-cond (else 2)))))))
(define-syntax quoted (syntax-rules () ((_ x) '(x introduced #(introduced x)))))
(show (quoted y))
(show (let loop ((i 0)) (if (< i 10) (loop (+ i 1)) i)))
