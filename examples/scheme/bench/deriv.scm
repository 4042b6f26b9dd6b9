;; deriv – derives polynomials as symbolic expressions, simplifies them, and evaluates the
;; result to check it.

(define (make-sum a b)
  (cond ((eqv? a 0) b)
        ((eqv? b 0) a)
        ((and (number? a) (number? b)) (+ a b))
        (else (list '+ a b))))

(define (make-product a b)
  (cond ((or (eqv? a 0) (eqv? b 0)) 0)
        ((eqv? a 1) b)
        ((eqv? b 1) a)
        ((and (number? a) (number? b)) (* a b))
        (else (list '* a b))))

(define (derive e x)
  (cond ((number? e) 0)
        ((symbol? e) (if (eq? e x) 1 0))
        (else
         (let ((a (cadr e)) (b (caddr e)))
           (case (car e)
             ((+) (make-sum (derive a x) (derive b x)))
             ((*) (make-sum (make-product a (derive b x))
                            (make-product (derive a x) b)))
             ((^) (make-product (make-product b (list '^ a (- b 1))) (derive a x)))
             (else (error "derive: unknown operator" e)))))))

(define (evaluate e x value)
  (cond ((number? e) e)
        ((symbol? e) (if (eq? e x) value 1))
        (else
         (let ((a (evaluate (cadr e) x value)) (b (evaluate (caddr e) x value)))
           (case (car e)
             ((+) (+ a b))
             ((*) (* a b))
             (else (expt a b)))))))

;; c0 + x (c1 + x (c2 + ...)), times a power of (x + y)
(define (polynomial degree)
  (let loop ((i degree) (e '(^ (+ x y) 3)))
    (if (= i 0) e (loop (- i 1) `(+ ,i (* x ,e))))))

(define iterations
  (let ((arguments (cdr (command-line))))
    (if (null? arguments) 200 (string->number (car arguments)))))

(define (run)
  (let* ((e (polynomial 12))
         (first (derive e 'x))
         (second (derive first 'x))
         (third (derive second 'x)))
    (list (evaluate first 'x 2) (evaluate second 'x 2) (evaluate third 'x 2))))

(do ((i 1 (+ i 1))) ((= i iterations)) (run))

(let ((result (run)))
  (unless (equal? result '(1003518 6119430 35057640))
    (error "deriv: wrong result" result))
  (display "deriv ") (write result) (newline))
