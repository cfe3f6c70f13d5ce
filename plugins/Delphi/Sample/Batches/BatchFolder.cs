using System.Globalization;

namespace DelphiRunner.Plugins.Delphi.Sample.Batches;

/// <summary>A batch on the disk: <c>batch.json</c>, a file a request, and beside each the answer once there is one.</summary>
internal sealed class BatchFolder(string path)
{
    private const string Description = "batch.json";

    public string FullPath => path;

    public static BatchFolder Create(string batches, Batch batch, IReadOnlyList<BatchRequest> requests)
    {
        var folder = new BatchFolder(Path.Combine(batches, batch.BatchId));
        for (var i = 0; i < requests.Count; i++)
        {
            SampleFiles.Write(folder.RequestPath(i), requests[i], SampleJson.Default.BatchRequest);
        }

        // Written last: a folder without it is no batch.
        SampleFiles.Write(Path.Combine(folder.FullPath, Description), batch, SampleJson.Default.Batch);
        return folder;
    }

    /// <summary>Finds the newest batch that a job sent.</summary>
    public static (BatchFolder Folder, Batch Batch)? Find(string batches, string jobId)
    {
        if (!Directory.Exists(batches))
        {
            return null;
        }

        return Directory.EnumerateDirectories(batches)
            .Select(folder => Path.Combine(folder, Description))
            .Where(File.Exists)
            .Select(file => (Folder: new BatchFolder(Path.GetDirectoryName(file)!), Batch: SampleFiles.Read(file, SampleJson.Default.Batch)))
            .Where(candidate => candidate.Batch.JobId == jobId)
            .OrderByDescending(candidate => candidate.Batch.CreatedAt)
            .Select(candidate => ((BatchFolder, Batch)?)candidate)
            .FirstOrDefault();
    }

    public BatchRequest ReadRequest(int index) => SampleFiles.Read(RequestPath(index), SampleJson.Default.BatchRequest);

    public bool IsAnswered(int index) => File.Exists(AnswerPath(index));

    /// <summary>Marks a request as answered by a file that names where the answer lies.</summary>
    public void MarkAnswered(int index, string narrative) => File.WriteAllText(AnswerPath(index), narrative + "\n");

    private string RequestPath(int index) => Path.Combine(path, "requests", string.Create(CultureInfo.InvariantCulture, $"{index:0000}.json"));

    private string AnswerPath(int index) => Path.ChangeExtension(RequestPath(index), ".answered");
}
