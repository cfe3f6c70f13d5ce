using System.ComponentModel;
using System.Diagnostics;

namespace DelphiRunner.Engine.Tests;

/// <summary>The flag by which not even root writes or removes a file, until it is cleared.</summary>
internal static class ImmutableFlag
{
    /// <returns>Whether it is set; that needs root, <c>chattr</c> (package e2fsprogs), and a file system that knows the flag.</returns>
    public static bool TrySet(string file) => Change("+i", file);

    public static void Clear(string file) => Change("-i", file);

    private static bool Change(string flag, string file)
    {
        try
        {
            using var process = Process.Start("chattr", [flag, file]);
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
