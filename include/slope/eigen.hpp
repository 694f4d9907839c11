/* SPDX-License-Identifier: MIT */
/* slope::real as a scalar of Eigen's matrices: include this instead of, or after, <Eigen/Core>. */
#ifndef SLOPE_EIGEN_HPP
#define SLOPE_EIGEN_HPP

#include <Eigen/Core>

#include <slope/slope.hpp>

namespace Eigen
{

/* What Eigen asks of a scalar: precision and limits of double, and what an operation costs. */
template <> struct NumTraits<slope::real> : NumTraits<double> {
    using Real = slope::real;
    using NonInteger = slope::real;
    using Nested = slope::real;
    using Literal = double;
    enum {
        RequireInitialization = 1, /* memory that was never written is no value */
        ReadCost = 1,
        AddCost = 4, /* each is a node on the tape */
        MulCost = 4
    };
};

/* double * real and real * double, as in 2.0 * matrix. */
template <typename Op> struct ScalarBinaryOpTraits<slope::real, double, Op> {
    using ReturnType = slope::real;
};
template <typename Op> struct ScalarBinaryOpTraits<double, slope::real, Op> {
    using ReturnType = slope::real;
};

} // namespace Eigen

#endif
