/* SPDX-License-Identifier: MIT */
/*
 * Slope for C++17: slope::real in the place of double, over the C library and nothing else.
 *
 *     slope::tape t;
 *     slope::real x = t.var(0.5), y = t.var(2.0);
 *     slope::real z = f(x, y);            // any template <typename T> T f(T, T), any code written with real
 *     t.backward(z);
 *     std::cout << z << ' ' << x.grad() << ' ' << y.grad() << '\n';
 *
 * What C reports as a status is thrown here, as slope::error; functions of C that are not wrapped are reached through
 * get() and value().  Thread-safety is that of the C headers: a tape and its values belong to one thread at a time.
 */
#ifndef SLOPE_SLOPE_HPP
#define SLOPE_SLOPE_HPP

#if __cplusplus < 201703L
#error "slope/slope.hpp needs C++17 or later: compile with -std=c++17"
#endif
#if !defined __cpp_exceptions
#error "slope/slope.hpp tells errors as exceptions; without them use the C headers, slope/slope.h"
#endif

#include <cmath>
#include <cstddef>
#include <exception>
#include <initializer_list>
#include <limits>
#include <memory>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#if defined __GNUC__
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast" /* what is below is partly C */
#endif

#include <slope/inline.h>
#include <slope/slope.h>

/* Is this computed by the compiler, as a constant? */
#if defined __has_builtin
#if __has_builtin(__builtin_is_constant_evaluated)
#define SLOPE_IN_CONSTANT __builtin_is_constant_evaluated()
#endif
#endif
#ifndef SLOPE_IN_CONSTANT
#define SLOPE_IN_CONSTANT false
#endif

namespace slope
{

/* A status of the C library that is not SLOPE_OK, with its sentence as what(). */
class error : public std::runtime_error
{
  public:
    /* From a status and a sentence, or from what C filled. */
    error(slope_status status, const std::string &message, std::size_t position = SIZE_MAX)
        : std::runtime_error(message), status_(status), position_(position)
    {
    }
    explicit error(const slope_error &e) : error(e.status, e.message, e.position) {}

    slope_status status() const noexcept { return status_; }    /* never SLOPE_OK */
    std::size_t position() const noexcept { return position_; } /* in a text or on a tape; SIZE_MAX: none */

  private:
    slope_status status_;
    std::size_t position_;
};

class real;

namespace detail
{

/* A type of plain numbers: arithmetic, or an enumeration that is one by itself. */
template <typename T>
constexpr bool is_plain = std::is_arithmetic_v<T> || (std::is_enum_v<T> && std::is_convertible_v<T, int>);

/* What a comparison takes: a real, and where it was written where places are recorded (SLOPE_PLACES). */
#if defined SLOPE_PLACES
struct compared {
    template <typename T, typename = std::enable_if_t<std::is_convertible_v<T, real>>>
    compared(const T &x, const char *in = __builtin_FILE(), int at = __builtin_LINE());
    slope_value v;
    const char *file;
    int line;
};
#else
using compared = real;
#endif

[[noreturn]] inline void raise(slope_status status) { throw error(status, slope_status_text(status)); }

inline void check(slope_status status)
{
    if (status != SLOPE_OK)
        raise(status);
}

/* The same with the sentence that the tape keeps, where it has one. */
inline void check(slope_status status, const slope_tape *tape)
{
    if (status == SLOPE_OK)
        return;
    const slope_error *e = slope_tape_error(tape);
    if (e->status == status)
        throw error(*e);
    raise(status);
}

inline bool is_on_tape(slope_value v) { return !slope_is_null(v) && !slope_is_number(v); }

/* Why an operation on these gave the null value. */
[[noreturn, gnu::noinline, gnu::cold]] inline void raise(slope_value a, slope_value b = slope_number(0),
                                                         slope_value c = slope_number(0))
{
    for (const slope_value v : {a, b, c})
        if (is_on_tape(v) && slope_tape_status(v.tape) != SLOPE_OK)
            throw error(*slope_tape_error(v.tape));
    for (const slope_value v : {a, b, c})
        if (slope_is_null(v))
            raise(SLOPE_ERR_NULL);
    raise(SLOPE_ERR_MEMORY);
}

/* Neither is null, nor on a tape in error. */
inline void check_tapes(slope_value a, slope_value b)
{
    for (const slope_value v : {a, b})
        if (slope_is_null(v) || (is_on_tape(v) && slope_tape_status(v.tape) != SLOPE_OK))
            raise(a, b);
}

inline slope_value made(slope_value result, slope_value a, slope_value b = slope_number(0),
                        slope_value c = slope_number(0))
{
    if (slope_is_null(result))
        raise(a, b, c);
    check_tapes(result, result); /* trapped: it is there, and not finite */
    return result;
}

/* Where recording inline does not go on: numbers alone, tapes that grow, errors. */
template <auto record, auto compute> [[gnu::noinline]] slope_value slow(slope_value a)
{
    return slope_is_number(a) ? slope_number(compute(a.number)) : made(record(a), a);
}
template <auto record, auto compute> [[gnu::noinline]] slope_value slow(slope_value a, slope_value b)
{
    if (slope_is_number(a) && slope_is_number(b))
        return slope_number(compute(a.number, b.number));
    return made(record(a, b), a, b);
}

/* A number was asked for that would be frozen into the function that is being recorded. */
inline void check_frozen(double x, slope_value v)
{
    if (x != x && is_on_tape(v) && slope_tape_status(v.tape) == SLOPE_ERR_UNSUPPORTED)
        throw error(*slope_tape_error(v.tape));
}

} // namespace detail

class real;
real operator-(real a);
real operator+(real a, real b);
real operator-(real a, real b);
real operator*(real a, real b);
real operator/(real a, real b);

/*
 * A number that remembers how it was made: a slope_value with operators, 16 bytes, trivially copyable.  Made from an
 * arithmetic type, or by default (0), it is a plain number without a tape; tape::var makes inputs.  Comparisons look at
 * the numbers, and each that has a value of a tape leaves a node there, so that a function remembers which way it went;
 * so does a cast to a whole number.  In a lambda that is recorded data(), grad() and casts to other numbers throw: what
 * they give would be frozen.
 */
class real
{
  public:
    /* A plain number, 0 by default; or what C made, the null value too: using that throws. */
    constexpr real() noexcept : plain_{1, 0.0} {}
    template <typename T, typename = std::enable_if_t<detail::is_plain<T>>>
    constexpr real(T x) noexcept : plain_{1, static_cast<double>(x)}
    {
    }
    real(slope_value v) noexcept : v_(v) {}

    slope_value value() const noexcept { return v_; } /* for functions of C */

    /* Of the last backward sweep; 0 of a plain number. */
    double grad() const
    {
        const double x = slope_grad(v_);
        detail::check_frozen(x, v_);
        return x;
    }

    /* The primal; NaN of a null or stale value. */
    constexpr double data() const
    {
        if (SLOPE_IN_CONSTANT)
            return plain_.number;
        if (slope_is_number(v_))
            return v_.number;
        const double x = slope_data(v_);
        detail::check_frozen(x, v_);
        return x;
    }

    /* Has it no tape? */
    constexpr bool is_number() const noexcept { return SLOPE_IN_CONSTANT || slope_is_number(v_) != 0; }

    /* The number alone; of bool, whether it is not 0.  A whole number is remembered as a comparison is. */
    template <typename T, typename = std::enable_if_t<std::is_arithmetic_v<T>>> explicit operator T() const
    {
        if constexpr (std::is_same_v<T, bool>) {
            return is_number() ? v_.number != 0 : decided(v_);
        } else if constexpr (std::is_integral_v<T>) {
            const T whole = static_cast<T>(shown());
            if (!is_number())
                decided(slope_eq(slope_trunc(v_), slope_number(static_cast<double>(whole))));
            return whole;
        } else {
            return static_cast<T>(data());
        }
    }

    /* Names it for pictures, errors and listings. */
    real &label(const char *name)
    {
        v_ = slope_label(v_, name);
        detail::check_tapes(v_, v_);
        return *this;
    }

    /* As those of double; each makes a new node. */
    real &operator+=(real b) { return *this = *this + b; }
    real &operator-=(real b) { return *this = *this - b; }
    real &operator*=(real b) { return *this = *this * b; }
    real &operator/=(real b) { return *this = *this / b; }
    real &operator++() { return *this += 1; }
    real &operator--() { return *this -= 1; }
    real operator++(int) { return std::exchange(*this, *this + 1); }
    real operator--(int) { return std::exchange(*this, *this - 1); }

    /* a itself. */
    friend real operator+(real a) { return a; }

    /* Of the numbers; false where one is NaN, but for !=. */
    friend bool operator<(detail::compared a, detail::compared b)
    {
        return are_numbers(a, b) ? in(a).number < in(b).number : guard(slope_lt, a, b);
    }
    friend bool operator>(detail::compared a, detail::compared b)
    {
        return are_numbers(a, b) ? in(a).number > in(b).number : guard(slope_gt, a, b);
    }
    friend bool operator<=(detail::compared a, detail::compared b)
    {
        return are_numbers(a, b) ? in(a).number <= in(b).number : guard(slope_le, a, b);
    }
    friend bool operator>=(detail::compared a, detail::compared b)
    {
        return are_numbers(a, b) ? in(a).number >= in(b).number : guard(slope_ge, a, b);
    }
    friend bool operator==(detail::compared a, detail::compared b)
    {
        return are_numbers(a, b) ? in(a).number == in(b).number : guard(slope_eq, a, b);
    }
    friend bool operator!=(detail::compared a, detail::compared b)
    {
        return are_numbers(a, b) ? in(a).number != in(b).number : guard(slope_ne, a, b);
    }

    /* The number, as the stream prints a double; in a lambda that is being recorded, the one it has at the start. */
    friend std::ostream &operator<<(std::ostream &out, real a) { return out << a.shown(); }

    /* The number for people: at any time, and never an error.  NaN of a null or stale value. */
    double shown() const
    {
        slope_node node;
        if (slope_is_number(v_))
            return v_.number;
        return slope_inspect(v_, &node) == SLOPE_OK ? node.data : std::numeric_limits<double>::quiet_NaN();
    }

  private:
#if defined SLOPE_PLACES
    static slope_value in(const detail::compared &a) { return a.v; }
    static slope_value placed(slope_value v, const detail::compared &a) { return slope_at(v, a.file, a.line); }
#else
    static slope_value placed(slope_value v, real) { return v; }
#endif
    static slope_value in(real a) { return a.v_; }
    static bool are_numbers(const detail::compared &a, const detail::compared &b)
    {
        return slope_is_number(in(a)) && slope_is_number(in(b));
    }

    /* Does the condition hold?  Remembered, so that a function knows. */
    static bool decided(slope_value condition)
    {
        const bool holds = slope_decide(condition) != 0;
        if (!holds) /* so it is after an error, too */
            detail::check_tapes(condition, condition);
        return holds;
    }

    template <typename Compare> static bool guard(Compare compare, const detail::compared &a, const detail::compared &b)
    {
        return decided(detail::made(placed(compare(in(a), in(b)), a), in(a), in(b)));
    }

    /* A plain number has the tape SLOPE_NUMBER_TAPE, an address that constant expressions may not name: they name the
       same bits as an integer. */
    struct plain {
        std::uintptr_t tape;
        double number;
    };
    union {
        plain plain_;
        slope_value v_;
    };
    static_assert(sizeof(plain) == sizeof(slope_value) && offsetof(plain, number) == offsetof(slope_value, number));
};

static_assert(sizeof(real) == sizeof(slope_value) && std::is_trivially_copyable_v<real>);

#if defined SLOPE_PLACES
template <typename T, typename E>
detail::compared::compared(const T &x, const char *in, int at) : v(static_cast<real>(x).value()), file(in), line(at)
{
}
#endif

namespace detail
{

inline std::vector<slope_value> plain(const std::vector<real> &x)
{
    std::vector<slope_value> v;
    v.reserve(x.size());
    for (const real r : x)
        v.push_back(r.value());
    return v;
}

/* What an operation on any number of operands gave. */
inline slope_value made(slope_value result, const std::vector<slope_value> &x, const std::vector<slope_value> &y = {})
{
    if (!slope_is_null(result)) {
        check_tapes(result, result);
        return result;
    }
    for (const auto &operands : {x, y})
        for (const slope_value v : operands)
            check_tapes(v, v);
    raise(x.empty() ? SLOPE_ERR_ARGUMENT : SLOPE_ERR_MEMORY);
}

} // namespace detail

} // namespace slope

#include <slope/ops.hpp>
#include <slope/print.hpp>

namespace slope
{

namespace detail
{

/* What interp gave, of x and the table's values. */
inline real looked_up(slope_value result, slope_value x, const std::vector<slope_value> &ys = {})
{
    if (slope_is_null(result)) {
        check_tapes(x, x);
        for (const slope_value y : ys)
            check_tapes(y, y);
        throw error(SLOPE_ERR_ARGUMENT, "interp: a table needs two knots or more, which increase, and a kind");
    }
    check_tapes(result, result);
    return result;
}

} // namespace detail

/* Interpolates in the table ys[0..n-1] at knots xs[0..n-1] (NULL: 0, 1 ...), as slope_interp does (slope/function.h),
   which borrows both; of double the number alone, so that it fits templates.  Throws SLOPE_ERR_ARGUMENT for a table or
   kind that is wrong. */
inline real interp(real x, std::size_t n, const double *xs, const double *ys, unsigned kind = SLOPE_INTERP_LINEAR)
{
    return detail::looked_up(slope_interp(x.value(), n, xs, ys, kind), x.value());
}

/* The same of a plain number. */
inline double interp(double x, std::size_t n, const double *xs, const double *ys, unsigned kind = SLOPE_INTERP_LINEAR)
{
    return interp(real(x), n, xs, ys, kind).data();
}

/* The same with numbers of the table that have slopes, too. */
inline real interp(real x, const double *xs, const std::vector<real> &ys, unsigned kind = SLOPE_INTERP_LINEAR)
{
    const std::vector<slope_value> values = detail::plain(ys);
    return detail::looked_up(slope_interp_values(x.value(), values.size(), xs, values.data(), kind), x.value(), values);
}

/* What goes into a function and comes out: a vector for each group of inputs or outputs. */
using values = std::vector<std::vector<real>>;
using numbers = std::vector<std::vector<double>>;

/* The memory in which values live; moved, not copied. */
class tape
{
  public:
    /* Empty, with the default options or with these; throws SLOPE_ERR_ARGUMENT for wrong ones, SLOPE_ERR_MEMORY. */
    tape() : tape(slope_tape_options_default()) {}
    explicit tape(const slope_tape_options &options) : tape_(slope_tape_create(&options))
    {
        if (!tape_ && (options.struct_size != sizeof options || !options.allocator.resize ||
                       options.capacity > options.max_nodes))
            throw error(SLOPE_ERR_ARGUMENT, "the options of a tape are wrong; start from slope_tape_options_default()");
        if (!tape_)
            detail::raise(SLOPE_ERR_MEMORY);
    }

    /* A new input. */
    real var(double x)
    {
        const slope_value v = slope_inline_var(get(), x);
        if (slope_tape_status(get()) != SLOPE_OK)
            throw error(*slope_tape_error(get()));
        return v;
    }
    /* One for each number. */
    std::vector<real> vars(const std::vector<double> &x)
    {
        std::vector<real> v;
        v.reserve(x.size());
        for (const double number : x)
            v.push_back(var(number));
        return v;
    }

    /* grad() of everything on the tape is dy / d(it) from now on: 0 if y is a plain number. */
    void backward(real y)
    {
        check_is_here(y);
        const slope_value v = y.value();
        sweep(1, &v, nullptr);
    }

    /* The same for the sum of seed[i] * dy[i] / d(it); without seeds, all are 1. */
    void backward(const std::vector<real> &y, const std::vector<double> &seed = {})
    {
        if (!seed.empty() && seed.size() != y.size())
            throw error(SLOPE_ERR_ARGUMENT, "as many seeds as outputs are needed, or none");
        std::vector<slope_value> v;
        v.reserve(y.size());
        for (const real r : y) {
            check_is_here(r);
            v.push_back(r.value());
        }
        sweep(v.size(), v.data(), seed.empty() ? nullptr : seed.data());
    }

    /* Number k of the comparisons that were decided at a tie, as slope_find_tie: tie.message is empty where there is
       none, and says otherwise that gradients are those of one branch only. */
    slope_tie tie(real y = {}, std::size_t k = 0) const
    {
        slope_tie found;
        check_is_here(y);
        detail::check(slope_find_tie(get(), y.value(), k, &found), get());
        return found;
    }

    /* Gives an input another number; what was made of it keeps its own until forward(). */
    void set(real input, double x)
    {
        check_is_here(input);
        const slope_status status = slope_set_data(input.value(), x);
        if (status == SLOPE_ERR_ARGUMENT)
            throw error(status, "only an input can be set: a value that var made");
        detail::check(status);
    }

    /* Computes every value again from the inputs, O(nodes).  Throws SLOPE_ERR_BRANCH where a comparison would now go
       the other way: values are then those of the way that was recorded. */
    void forward() { detail::check(slope_forward(get()), get()); }

    /* Forgets all values and keeps the memory, as slope_tape_reset. */
    void reset() noexcept { slope_tape_reset(get()); }

    /* The place where recording is, for rewind, as slope_tape_mark. */
    slope_mark mark() const noexcept { return slope_tape_mark(get()); }

    /* Forgets the values after the mark and keeps the memory, as slope_tape_rewind. */
    void rewind(slope_mark place) { detail::check(slope_tape_rewind(get(), place)); }

    /* Makes room for so many nodes in all. */
    void reserve(std::size_t nodes) { detail::check(slope_tape_reserve(get(), nodes)); }

    /* How many nodes there are. */
    std::size_t size() const noexcept { return slope_tape_size(get()); }

    /* For functions of C; the tape stays its owner.  NULL after a move. */
    slope_tape *get() const noexcept { return tape_.get(); }

  private:
    /* Plain numbers have no tape that C could sweep, and gradients would stay those of the sweep before: so from its
       first node, by 0. */
    void sweep(std::size_t n, const slope_value y[], const double seed[])
    {
        const slope_value first = slope_tape_value(get(), 0);
        const double nothing = 0;
        std::size_t plain = 0;
        while (plain < n && slope_is_number(y[plain]))
            plain++;
        if (plain < n || slope_is_null(first))
            detail::check(slope_backward_seeded(n, y, seed), get());
        else
            detail::check(slope_backward_seeded(1, &first, &nothing), get());
    }
    void check_is_here(real x) const
    {
        if (detail::is_on_tape(x.value()) && x.value().tape != get())
            throw error(SLOPE_ERR_FOREIGN, "the value is on another tape than the one that was asked");
    }

    struct destroy {
        void operator()(slope_tape *t) const noexcept { slope_tape_destroy(t); }
    };
    std::unique_ptr<slope_tape, destroy> tape_;
};

/*
 * Makes a tape the one that slope::var records on, for this thread and until the end of the block; the one before comes
 * back then.  For code that has nowhere to pass a tape.
 *
 *     slope::active use(t);
 *     slope::real x = slope::var(0.5);
 */
class active
{
  public:
    /* t must live as long as this object. */
    explicit active(tape &t) noexcept : before_(std::exchange(place(), &t)) {}
    /* The one before is active again. */
    ~active() { place() = before_; }
    active(const active &) = delete;                 /* no copies */
    active &operator=(const active &) = delete;      /* no copies */
    static void *operator new(std::size_t) = delete; /* nor on the heap: blocks end in order */

    /* The tape of this thread, NULL when none is active. */
    static tape *current() noexcept { return place(); }

  private:
    static tape *&place() noexcept
    {
        thread_local tape *t = nullptr;
        return t;
    }

    tape *before_;
};

/* A new input on the active tape. */
inline real var(double x)
{
    if (!active::current())
        throw error(SLOPE_ERR_ARGUMENT, "no tape is active in this thread; make one so: slope::active use(tape);");
    return active::current()->var(x);
}

/*
 * A computation recorded once, frozen and optimised; its derivatives are functions again.  Copies share.
 *
 *     slope::function f({{"x", 2}}, {{"y", 1}}, [](const slope::values &x, slope::values &y) {
 *         y[0][0] = sin(x[0][0]) * x[0][1];
 *     });
 *     slope::numbers dy = f.gradient()({{0.5, 2.0}});
 *
 * x and y have one vector for each group of inputs and outputs.  It never changes: any number of threads may use one at
 * once, copies of it too.  Names of groups are copied.
 */
class function
{
  public:
    using groups = std::vector<slope_group>; /* names and lengths of the groups of inputs, of outputs */
    using places = std::vector<std::size_t>; /* numbers of groups; none: all */

    /* Calls f(x, y) once and keeps what it records; what f throws passes through.  Values may not leave f: the tape
       they are on is destroyed after it.  `start` holds the numbers that decide which way comparisons go meanwhile;
       without it they are 0.  f sets every number of every output: else error(SLOPE_ERR_NULL). */
    template <typename F> function(const groups &in, const groups &out, F &&f, const numbers &start = {})
    {
        tracer<std::remove_reference_t<F>> t{&f, in, out, nullptr};
        std::vector<const double *> first(in.size(), nullptr);
        if (start.size() > in.size())
            throw error(SLOPE_ERR_ARGUMENT, "start has more groups than there are inputs");
        for (std::size_t g = 0; g < start.size(); g++) {
            if (!start[g].empty() && start[g].size() != in[g].length)
                throw error(SLOPE_ERR_ARGUMENT, "start has another length than the input group " + std::to_string(g));
            first[g] = start[g].empty() ? nullptr : start[g].data();
        }
        slope_error e;
        slope_function *made = slope_function_record(in.size(), in.data(), out.size(), out.data(), first.data(),
                                                     tracer<std::remove_reference_t<F>>::trace, &t, &e);
        if (t.thrown)
            std::rethrow_exception(t.thrown);
        take(made, e);
    }

    /* Takes over a share of a C function; NULL is thrown as the error. */
    explicit function(slope_function *f, const slope_error &e = {}) { take(f, e); }

    /* From text, as slope_function_parse reads it. */
    static function parse(std::string_view text, const std::vector<const char *> &out = {})
    {
        slope_error e;
        slope_function *f =
            slope_function_parse(text.empty() ? "" : text.data(), text.size(), out.size(), out.data(), &e);
        return function(f, e);
    }

    /* The outputs at x; throws error(SLOPE_ERR_ARGUMENT) for another shape, SLOPE_ERR_BRANCH as slope_eval does. */
    numbers operator()(const numbers &x) const
    {
        const std::vector<const double *> in = pointers(x);
        numbers y(slope_function_outputs(get()));
        std::vector<double *> out;
        for (std::size_t g = 0; g < y.size(); g++) {
            y[g].resize(slope_function_output(get(), g).length);
            out.push_back(y[g].data());
        }
        const slope_status status = slope_eval(get(), in.data(), out.data());
        if (status == SLOPE_ERR_BRANCH) {
            slope_error e;
            if (slope_eval_check(get(), in.data(), &e) == status)
                throw error(e);
        }
        detail::check(status);
        return y;
    }

    /* Number k of the comparisons that are decided at a tie at x, as slope_eval_tie; tie.message is empty where there
       is none. */
    slope_tie tie(const numbers &x, std::size_t k = 0) const
    {
        slope_tie found;
        detail::check(slope_eval_tie(get(), pointers(x).data(), k, &found));
        return found;
    }

    /* The gradient of one output number with respect to these groups of inputs, as slope_gradient; none: of all. */
    function gradient(const places &wrt = {}) const { return derive(slope_gradient, wrt); }

    /* Value and gradient at once, as slope_value_gradient. */
    function value_gradient(const places &wrt = {}) const { return derive(slope_value_gradient, wrt); }

    /* Jacobian times vector, forward mode, as slope_jvp. */
    function jvp(const places &wrt = {}) const { return derive(slope_jvp, wrt); }

    /* Vector times Jacobian, reverse mode, as slope_vjp. */
    function vjp(const places &wrt = {}) const { return derive(slope_vjp, wrt); }

    /* The dense Jacobian, row by row, as slope_jacobian. */
    function jacobian(const places &wrt = {}) const { return derive(slope_jacobian, wrt); }

    /* The dense Hessian of one output number, row by row, as slope_hessian. */
    function hessian(const places &wrt = {}) const { return derive(slope_hessian, wrt); }

    /* Hessian times vector, as slope_hvp. */
    function hvp(const places &wrt = {}) const { return derive(slope_hvp, wrt); }

    /* For functions of C; this object and its copies stay the owners. */
    slope_function *get() const noexcept { return function_.get(); }

  private:
    /* The groups of x, whose shape is checked. */
    std::vector<const double *> pointers(const numbers &x) const
    {
        if (x.size() != slope_function_inputs(get()))
            throw error(SLOPE_ERR_ARGUMENT, "the function takes " + std::to_string(slope_function_inputs(get())) +
                                                (slope_function_inputs(get()) == 1 ? " group" : " groups") +
                                                " of inputs, not " + std::to_string(x.size()));
        std::vector<const double *> in;
        for (std::size_t g = 0; g < x.size(); g++) {
            const slope_group group = slope_function_input(get(), g);
            if (x[g].size() != group.length)
                throw error(SLOPE_ERR_ARGUMENT, std::string("the group ") + group.name + " has " +
                                                    std::to_string(group.length) + " numbers, not " +
                                                    std::to_string(x[g].size()));
            in.push_back(x[g].data());
        }
        return in;
    }

    /* What is between the C call and the lambda: its exceptions wait until C is left. */
    template <typename F> struct tracer {
        F *f;
        const groups &in, &out;
        std::exception_ptr thrown;

        static int trace(slope_tape *, const slope_value *const x[], slope_value *const y[], void *context) noexcept
        {
            tracer &t = *static_cast<tracer *>(context);
            try {
                values a, b;
                for (std::size_t g = 0; g < t.in.size(); g++) {
                    a.emplace_back();
                    for (std::size_t i = 0; i < t.in[g].length; i++)
                        a[g].emplace_back(x[g][i]);
                }
                for (const slope_group &group : t.out)
                    b.emplace_back(group.length, slope_value{}); /* null: what f does not set is told */
                (*t.f)(std::as_const(a), b);
                if (b.size() != t.out.size())
                    throw error(SLOPE_ERR_ARGUMENT, "the lambda made " + std::to_string(b.size()) +
                                                        " groups of outputs, not " + std::to_string(t.out.size()));
                for (std::size_t g = 0; g < t.out.size(); g++)
                    if (b[g].size() != t.out[g].length)
                        throw error(SLOPE_ERR_ARGUMENT, "the lambda gave the output group " + std::to_string(g) +
                                                            " another length than " + std::to_string(t.out[g].length));
                for (std::size_t g = 0; g < t.out.size(); g++)
                    for (std::size_t i = 0; i < t.out[g].length; i++)
                        y[g][i] = b[g][i].value();
                return 0;
            } catch (...) {
                t.thrown = std::current_exception();
                return 1;
            }
        }
    };

    void take(slope_function *f, const slope_error &e)
    {
        if (!f && e.status == SLOPE_OK)
            throw error(SLOPE_ERR_ARGUMENT, "there is no function");
        if (!f)
            throw error(e);
        function_.reset(f, slope_function_destroy);
    }

    template <typename Derive> function derive(Derive how, const places &wrt) const
    {
        slope_error e;
        slope_function *f = how(get(), wrt.size(), wrt.empty() ? nullptr : wrt.data(), &e);
        return function(f, e);
    }

    std::shared_ptr<slope_function> function_;
};

} // namespace slope

/* Those of double, as reals. */
template <> class std::numeric_limits<slope::real> : public std::numeric_limits<double>
{
    using base = std::numeric_limits<double>;

  public:
    static constexpr slope::real min() noexcept { return base::min(); }
    static constexpr slope::real max() noexcept { return base::max(); }
    static constexpr slope::real lowest() noexcept { return base::lowest(); }
    static constexpr slope::real epsilon() noexcept { return base::epsilon(); }
    static constexpr slope::real round_error() noexcept { return base::round_error(); }
    static constexpr slope::real infinity() noexcept { return base::infinity(); }
    static constexpr slope::real quiet_NaN() noexcept { return base::quiet_NaN(); }
    static constexpr slope::real signaling_NaN() noexcept { return base::signaling_NaN(); }
    static constexpr slope::real denorm_min() noexcept { return base::denorm_min(); }
};

#if defined __GNUC__
#pragma GCC diagnostic pop
#endif
#endif
