namespace DelphiRunner.Engine.Polling;

/// <summary>Which of the waiting jobs this host should reach for first, so that hosts that poll the same queue rarely reach for the same one.</summary>
/// <remarks>
/// Nobody hands the shares out: each host counts the workers that it saw to hold rows, itself among them, and takes the jobs that fall to its place in their
/// order. Where two hosts count differently a claim is lost, and no more.
/// </remarks>
internal readonly record struct HostShare(int Place, int Hosts)
{
    /// <summary>The share among these workers and this one.</summary>
    public static HostShare Among(IEnumerable<string> workers, string workerId)
    {
        var all = workers.Append(workerId).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        return new HostShare(all.IndexOf(workerId), all.Count);
    }

    public bool Holds(string jobId) => Hosts < 2 || Hash(jobId) % Hosts == Place;

    /// <summary>FNV-1a, since the hash of a text differs from process to process.</summary>
    private static uint Hash(string text)
    {
        var hash = 2166136261;
        foreach (var character in text)
        {
            hash = unchecked((hash ^ character) * 16777619);
        }

        return hash;
    }
}
