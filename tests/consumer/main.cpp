// SPDX-License-Identifier: MIT
// The same as main.c in C++: prints the same line.
#include <iostream>
#include <slope/slope.hpp>

int main()
{
    slope::tape tape;
    slope::real a = tape.var(2.0), b = tape.var(-3.0), c = tape.var(10.0);
    slope::real l = (a * b + c) * -2.0;
    tape.backward(l);
    std::cout << l << ' ' << a.grad() << ' ' << slope_version() << '\n';
}
